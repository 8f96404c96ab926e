import path from "node:path";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built, Outputs } from "../component.ts";
import { dataSourceParameters } from "./data-source.ts";
import { metadataUrl } from "./metadata.ts";

const host = "127.0.0.1";
const user = "mindsdb";

/** The server, then its data source. */
export function local(target: LocalTarget, { spec, built }: BuildInput<"mindsdb">): Built<"mindsdb"> {
  const { postgres } = built;
  if (!postgres) throw new Error("mindsdb needs postgres");
  const port = target.port("mindsdb/http");
  const url = `http://${host}:${port}`;
  const login = { user, password: target.secret("mindsdb/login") };

  // Its start is the longest of all: it needs its own records, on the primary, and not yet the replica it is to read.
  const dependsOn = postgres.usable ?? postgres.ready;
  const server = startServer(target, { port, url, login, postgres: postgres.outputs, dependsOn });
  const dataSource = new Task(
    "mindsdb-data-source",
    {
      component: "mindsdb",
      command: [target.node, target.script("components/mindsdb/tasks/data-source")],
      input: {
        url,
        login,
        name: spec.database,
        parameters: dataSourceParameters(postgres.outputs, spec.database),
      },
      timeoutSeconds: 120,
    },
    { dependsOn: [server, ...postgres.ready] },
  );
  return {
    outputs: { url, login, dataSource: spec.database },
    ready: [server, dataSource],
    scrape: [{ job: "mindsdb", address: `${host}:${port}`, labels: { component: "mindsdb", instance: "mindsdb" } }],
    routes: [],
  };
}

interface Server {
  port: number;
  url: string;
  login: Built<"mindsdb">["outputs"]["login"];
  postgres: Outputs["postgres"];
  dependsOn: Built<"postgres">["ready"];
}

function startServer(target: LocalTarget, { port, url, login, postgres, dependsOn }: Server): Process {
  const data = new Directory("mindsdb-data", { path: target.dataDir("mindsdb"), holds: "data" });
  const config = new Directory("mindsdb-config", { path: target.configDir("mindsdb"), holds: "scratch" });
  const scratch = new Directory(
    "mindsdb-scratch",
    { path: path.join(config.path, "scratch"), holds: "scratch" },
    { dependsOn: [config] },
  );
  const settings = JSON.stringify(settingsOf(port), null, 2);
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
function settingsOf(port: number) {
  return {
    api: { http: { host, port: String(port) } },
    gui: { open_on_start: false, autoupdate: false }, // would be fetched from the internet
    url_file_upload: { enabled: false },
    logging: { handlers: { console: { enabled: true, level: "INFO", formatter: "json" } } },
  };
}
