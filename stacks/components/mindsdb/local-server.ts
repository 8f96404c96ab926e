import path from "node:path";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { Built, Outputs } from "../component.ts";
import { llmEnv } from "./llm.ts";
import { metadataUrl } from "./metadata.ts";
import type { MindsdbSpec } from "./outputs.ts";

interface Server {
  host: string;
  port: number;
  url: string;
  login: Outputs["mindsdb"]["login"];
  llm: MindsdbSpec["llm"];
  postgres: Outputs["postgres"];
  dependsOn: Built<"postgres">["ready"];
}

/** The server: HTTP API, jobs and triggers in one process, see serve.py. */
export function startServer(
  target: LocalTarget,
  { host, port, url, login, llm, postgres, dependsOn }: Server,
): Process {
  const data = new Directory("mindsdb-data", { path: target.dataDir("mindsdb"), holds: "data" });
  const config = new Directory("mindsdb-config", { path: target.configDir("mindsdb"), holds: "scratch" });
  const scratch = new Directory(
    "mindsdb-scratch",
    { path: path.join(config.path, "scratch"), holds: "scratch" },
    { dependsOn: [config] },
  );
  const settings = JSON.stringify(settingsOf(host, port), null, 2);
  const file = new File(
    "mindsdb-settings",
    { path: path.join(config.path, "mindsdb.json"), content: settings },
    { dependsOn: [config] },
  );
  return new Process(
    "mindsdb",
    {
      component: "mindsdb",
      command: [
        target.tool("mindsdb").bin["python"] ?? "python",
        path.join(target.packageRoot, "stacks/components/mindsdb/serve.py"),
      ],
      cwd: data.path,
      env: {
        MINDSDB_CONFIG_PATH: file.path,
        MINDSDB_STORAGE_DIR: data.path,
        MINDSDB_DB_CON: metadataUrl(postgres),
        MINDSDB_USERNAME: login.user,
        MINDSDB_PASSWORD: login.password,
        // Both would be random, and every restart would log everybody out.
        FLASK_SECRET_KEY: target.secret("mindsdb/session"),
        AUTH_SECRET_KEY: target.secret("mindsdb/token"),
        MINDSDB_BYOM_ENABLED: "true",
        MINDSDB_BYOM_INHOUSE_ENABLED: "true",
        MINDSDB_BYOM_DEFAULT_TYPE: "inhouse", // the other type installs packages from the internet
        PROMETHEUS_MULTIPROC_DIR: path.join(scratch.path, "metrics"),
        TMPDIR: scratch.path, // it keeps marks of its processes there, which two stacks would mix up
        PYTHONUNBUFFERED: "1",
        HF_HUB_OFFLINE: "1",
        OMP_NUM_THREADS: "1", // our models are small: more threads would only take processors from others
        ...llmEnv(llm),
      },
      stop: { signal: "TERM", timeoutSeconds: 15 },
      ready: { kind: "http", url: `${url}/api/util/ping` },
      startTimeoutSeconds: 180,
      restartOn: { "mindsdb.json": fingerprint(settings) },
    },
    { dependsOn: [data, scratch, file, ...dependsOn] },
  );
}

/** https://docs.mindsdb.com/setup/custom-config */
function settingsOf(host: string, port: number) {
  return {
    api: { http: { host, port: String(port) } },
    gui: { open_on_start: false, autoupdate: false }, // would be fetched from the internet
    url_file_upload: { enabled: false },
    logging: { handlers: { console: { enabled: true, level: "INFO", formatter: "json" } } },
  };
}
