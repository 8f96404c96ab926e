import { join } from "node:path";
import { z } from "zod";
import { listProcesses } from "../stacks/targets/local/supervisor/process-spec.ts";
import { makeClient } from "../tests/e2e/support/client.ts";
import { lightBlueprint, type Project } from "../tests/e2e/support/project.ts";
import { createRecord } from "../tests/e2e/support/records.ts";
import { freePort } from "../tests/harness/free-port.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";
import { withHaproxy } from "./support/haproxy.ts";
import { sendLoad } from "./support/load-spec.ts";
import { homeOf, withProject } from "./support/platform.ts";

const blueprint = { ...lightBlueprint, gateway: { rateLimit: { average: 0 } } };
const records = 20;

/** Far below what the machine can do: what a request takes when nothing waits. */
const calm = { connections: 4, seconds: 3, rate: 200 };
/** As many requests as there can be. */
const rush = { connections: 32, seconds: 5 };

/** The list of records through the gateway, against the same instances without it and behind HAProxy. */
export function benchGateway(rounds: number): Promise<Figure[]> {
  return withProject(blueprint, async (project) => {
    await project.ok("up");
    const { gateway } = await outputs(project);
    await fill(gateway);
    const backends = instancePorts(project);
    const port = await freePort();
    const { caDir } = homeOf(project);
    const certificate = { certFile: join(caDir, "server.pem"), keyFile: join(caDir, "server.key") };
    const contestants = {
      gateway: contestant("gateway", [`${gateway.url}/api/records`]),
      direct: contestant(
        "no gateway",
        backends.map((backend) => `http://127.0.0.1:${backend}/records`),
      ),
      haproxy: contestant("HAProxy", [`https://localhost:${port}/api/records`]),
    };
    await withHaproxy({ port, backends, ...certificate }, async () => {
      const { gateway: ours, direct, haproxy } = contestants;
      await interleave(1, [ours.warmUp, direct.warmUp, haproxy.warmUp]);
      await interleave(rounds, [ours.measure, direct.measure, haproxy.measure]);
    });
    const { gateway: ours, ...others } = contestants;
    return Object.values(others).flatMap((other) => [
      compare({ what: "Gateway: median response at 200 requests/s", unit: "ms" }, ours.p50, other.p50),
      compare({ what: "Gateway: most requests", unit: "requests/s" }, ours.rate, other.rate),
    ]);
  });
}

function contestant(label: string, urls: string[]) {
  const [p50, rate] = [new Series(label), new Series(label)];
  return {
    p50,
    rate,
    warmUp: () => sendLoad({ ...rush, urls }),
    measure: async () => {
      p50.add((await sendLoad({ ...calm, urls })).p50);
      rate.add((await sendLoad({ ...rush, urls })).rate);
    },
  };
}

const outputsSchema = z.object({ gateway: z.object({ url: z.string(), ca: z.string() }) });

async function outputs(project: Project) {
  return outputsSchema.parse(await project.json("outputs"));
}

async function fill({ url, ca }: { url: string; ca: string }): Promise<void> {
  const client = makeClient({ url, ca });
  try {
    for (let n = 0; n < records; n++) await createRecord(client, `record ${n}`);
  } finally {
    client.close();
  }
}

function instancePorts(project: Project): number[] {
  return listProcesses(homeOf(project)).flatMap(({ spec }) => (spec.env.PORT ? [Number(spec.env.PORT)] : []));
}
