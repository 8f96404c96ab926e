import { secret } from "@pulumi/pulumi";
import { Directory } from "../../targets/local/resources/directory.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built } from "../component.ts";

const host = "127.0.0.1";

/** Nothing where a server takes the mail; else the catcher, one Node.js process. */
export function local(target: LocalTarget, { spec }: BuildInput<"mail">): Built<"mail"> {
  if (spec.smtp !== undefined) {
    return { outputs: { smtp: secret(spec.smtp), from: spec.from }, ready: [], scrape: [], routes: [] };
  }
  const smtp = target.port("mail/smtp");
  const http = target.port("mail/http", { port: 8025, exact: false });
  const data = new Directory("mail-data", { path: target.dataDir("mail"), holds: "scratch" });
  const catcher = new Process(
    "mail",
    {
      component: "mail",
      command: [
        target.node,
        "--max-old-space-size=64",
        target.script("components/mail/tasks/catch"),
        ...[data.path, String(smtp), String(http)],
      ],
      stop: { signal: "TERM", timeoutSeconds: 5 },
      ready: { kind: "http", url: `http://${host}:${http}/livez` },
      startTimeoutSeconds: 20,
    },
    { dependsOn: [data] },
  );
  const url = `http://${host}:${http}`;
  return {
    outputs: { smtp: `smtp://${host}:${smtp}`, from: spec.from, url },
    ready: [catcher],
    scrape: [{ job: "mail", address: `${host}:${http}`, labels: { component: "mail", instance: "mail" } }],
    routes: [],
  };
}
