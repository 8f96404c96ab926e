import { join } from "node:path";
import { z } from "zod";
import { listProcesses } from "../stacks/targets/local/supervisor/process-spec.ts";
import { makeClient } from "../tests/e2e/support/client.ts";
import { lightBlueprint, type Project } from "../tests/e2e/support/project.ts";
import type { Place } from "../tests/e2e/support/sign-up.ts";
import { createTask, openWorkplace } from "../tests/e2e/support/tasks.ts";
import { freePort } from "../tests/harness/free-port.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";
import { withHaproxy } from "./support/haproxy.ts";
import { sendLoad } from "./support/load-spec.ts";
import { homeOf, withProject } from "./support/platform.ts";

const tasks = 20;

/** Far below what the machine can do: what a request takes when nothing waits. */
const calm = { connections: 4, seconds: 3, rate: 200 };
/** As many requests as there can be. */
const rush = { connections: 32, seconds: 5 };

/** The list of tasks, by API key, through the gateway, against the same instances without it and behind HAProxy. */
export function benchGateway(rounds: number): Promise<Figure[]> {
  return withProject(lightBlueprint, async (project) => {
    await project.ok("up");
    const place = outputsSchema.parse(await project.json("outputs"));
    const { path, key } = await fill(place);
    const contestant = contestantOf({ authorization: `Bearer ${key}` });
    const backends = instancePorts(project);
    const port = await freePort();
    const { caDir } = homeOf(project);
    const certificate = { certFile: join(caDir, "server.pem"), keyFile: join(caDir, "server.key") };
    const contestants = {
      gateway: contestant("gateway", [`${place.gateway.url}/api${path}`]),
      direct: contestant(
        "no gateway",
        backends.map((backend) => `http://127.0.0.1:${backend}${path}`),
      ),
      haproxy: contestant("HAProxy", [`https://localhost:${port}/api${path}`]),
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

function contestantOf(headers: Record<string, string>) {
  return (label: string, urls: string[]) => {
    const [p50, rate] = [new Series(label), new Series(label)];
    return {
      p50,
      rate,
      warmUp: () => sendLoad({ ...rush, urls, headers }),
      measure: async () => {
        p50.add((await sendLoad({ ...calm, urls, headers })).p50);
        rate.add((await sendLoad({ ...rush, urls, headers })).rate);
      },
    };
  };
}

const outputsSchema = z.object({
  gateway: z.object({ url: z.string(), ca: z.string() }),
  mail: z.object({ url: z.string() }),
});

/** Makes the tasks of the list; gives its path and the key that may read it. */
async function fill(place: Place & { gateway: { ca: string } }): Promise<{ path: string; key: string }> {
  const client = makeClient(place.gateway);
  try {
    const workplace = await openWorkplace(client, place);
    for (let n = 0; n < tasks; n++) await createTask(client, workplace, `task ${n}`);
    const { organisationId, projectId, key } = workplace;
    return { path: `/organisations/${organisationId}/projects/${projectId}/tasks`, key };
  } finally {
    client.close();
  }
}

function instancePorts(project: Project): number[] {
  const instances = listProcesses(homeOf(project)).filter(({ name }) => name.startsWith("api-"));
  return instances.flatMap(({ spec }) => (spec.env.PORT ? [Number(spec.env.PORT)] : []));
}
