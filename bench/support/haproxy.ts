import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { probe } from "../../stacks/targets/local/probe/probe.ts";

export interface HaproxyOptions {
  port: number;
  /** Ports of the instances, on loopback. */
  backends: number[];
  certFile: string;
  keyFile: string;
}

/** What the gateway does for this route, as HAProxy says it: TLS, stripped prefix, balance, health checks, retries. */
function configuration({ port, backends }: HaproxyOptions, pem: string): string {
  const servers = backends.map((backend, index) => `  server s${index} 127.0.0.1:${backend} check inter 500ms`);
  return `global
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 2s
  timeout client 180s
  timeout server 60s
  retries 2
frontend https
  bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
  option forwardfor
  http-request set-header X-Forwarded-Proto https
  http-request set-path %[path,regsub(^/api,)]
  http-response set-header X-Content-Type-Options nosniff
  http-response set-header X-Frame-Options DENY
  http-response set-header Referrer-Policy strict-origin-when-cross-origin
  default_backend api
backend api
  balance roundrobin
  option httpchk GET /healthz
${servers.join("\n")}
`;
}

/** Runs Debian's HAProxy in the foreground while the work lasts. @throws Error when there is none. */
export async function withHaproxy<Result>(options: HaproxyOptions, work: () => Promise<Result>): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), "purlin-haproxy-"));
  const [pem, config] = [join(dir, "server.pem"), join(dir, "haproxy.cfg")];
  writeFileSync(pem, readFileSync(options.certFile, "utf8") + readFileSync(options.keyFile, "utf8"), { mode: 0o600 });
  writeFileSync(config, configuration(options, pem));
  const child = spawn("/usr/sbin/haproxy", ["-db", "-f", config], { stdio: ["ignore", "inherit", "inherit"] });
  try {
    await once(child, "spawn");
    while (!(await probe({ kind: "tcp", host: "127.0.0.1", port: options.port }, { timeoutMs: 500 })).ok) {
      if (child.exitCode !== null) throw new Error("HAProxy did not start");
      await sleep(20);
    }
    return await work();
  } finally {
    if (child.pid !== undefined && child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(dir, { recursive: true });
  }
}
