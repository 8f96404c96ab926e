import path from "node:path";
import { output, type Output } from "@pulumi/pulumi";
import { stringify } from "yaml";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built, Front, Route } from "../component.ts";
import { dynamicConfig } from "./dynamic-config.ts";
import type { GatewaySpec } from "./outputs.ts";
import { graceSeconds, staticConfig } from "./static-config.ts";

/** Traefik with two files: one it was started with, one it watches. It starts without waiting for what it routes to. */
export function local(target: LocalTarget, { spec, built }: BuildInput<"gateway">): Built<"gateway"> {
  const routes = Object.values(built).flatMap((component) => component.routes);
  const internal = target.port("gateway/internal");
  const config = new Directory("gateway-config", { path: target.configDir("gateway"), holds: "scratch" });
  const staticPath = path.join(config.path, "traefik.yml");
  const routesPath = path.join(config.path, "routes.yml");

  const settings = stringify(staticConfig(spec, { ...publicPorts(target, spec), internal }, routesPath));
  const options = { dependsOn: [config] };
  const files = [
    new File("gateway-static", { path: staticPath, content: settings }, options),
    new File("gateway-routes", { path: routesPath, content: routesFile(target, spec, routes) }, options),
  ];
  const traefik = new Process(
    "gateway",
    {
      component: "gateway",
      command: [target.tool("traefik").bin["traefik"] ?? "traefik", `--configFile=${staticPath}`],
      cwd: config.path,
      stop: { signal: "TERM", timeoutSeconds: graceSeconds + 5 },
      ready: { kind: "http", url: `http://127.0.0.1:${internal}/ping` },
      startTimeoutSeconds: 30,
      restartOn: { "traefik.yml": fingerprint(settings) },
    },
    { dependsOn: files },
  );
  return {
    outputs: { ...localUrls(target, spec), ca: target.certificate.caFile },
    ready: [traefik],
    scrape: [
      { job: "gateway", address: `127.0.0.1:${internal}`, labels: { component: "gateway", instance: "gateway" } },
    ],
    routes: [],
  };
}

/** Where clients reach the gateway; the same whoever asks, before and after it is built. */
export function localUrls(target: LocalTarget, spec: GatewaySpec): { url: string; httpUrl: string } {
  const { http, https } = publicPorts(target, spec);
  return { url: `https://${spec.domain}:${https}`, httpUrl: `http://${spec.domain}:${http}` };
}

/** What services are told of the gateway before it is built. */
export function localFront(target: LocalTarget, spec: GatewaySpec): Front {
  return { url: localUrls(target, spec).url, ca: target.certificate.caFile };
}

function publicPorts(target: LocalTarget, { ports: { http, https } }: GatewaySpec): { http: number; https: number } {
  return {
    http: target.port("gateway/http", { port: http ?? 8080, exact: http !== undefined }),
    https: target.port("gateway/https", { port: https ?? 8443, exact: https !== undefined }),
  };
}

/** The certificate's fingerprint is in the file so that a renewed one changes it: Traefik watches no other file. */
function routesFile(target: LocalTarget, spec: GatewaySpec, routes: Route[]): Output<string> {
  const { certificate } = target;
  return output(routes).apply(
    (known) => `# certificate ${certificate.fingerprint}\n${stringify(dynamicConfig(spec, known, certificate))}`,
  );
}
