import type { Process } from "../../targets/local/resources/process.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built, Outputs } from "../component.ts";
import { dataSourceParameters } from "./data-source.ts";
import { startServer } from "./local-server.ts";
import { engineOf, type Engine } from "./models.ts";
import type { MindsdbSpec } from "./outputs.ts";

const host = "127.0.0.1";
const user = "mindsdb";

/** The model that summarises projects: one for all, it learns nothing. */
const summaryModel = "summary";

/** The server, then its data source, its project and our models. */
export function local(target: LocalTarget, { spec, built }: BuildInput<"mindsdb">): Built<"mindsdb"> {
  const { postgres } = built;
  if (!postgres) throw new Error("mindsdb needs postgres");
  const port = target.port("mindsdb/http");
  const url = `http://${host}:${port}`;
  const login = { user, password: target.secret("mindsdb/login") };

  // Its start is the longest of all: it needs its own records, on the primary, and not yet the replica it is to read.
  const dependsOn = postgres.usable ?? postgres.ready;
  const server = startServer(target, {
    host,
    port,
    url,
    login,
    llm: spec.llm,
    postgres: postgres.outputs,
    dependsOn,
  });
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
  const engine = engineOf("work");
  const models = provideModels(target, server, { url, login, spec, engine });
  const outputs = { url, login, dataSource: spec.database, project: spec.project, engine: engine.name };
  return {
    outputs: { ...outputs, ...(spec.llm && { summaryModel }) },
    ready: [server, dataSource, models],
    scrape: [{ job: "mindsdb", address: `${host}:${port}`, labels: { component: "mindsdb", instance: "mindsdb" } }],
    routes: [],
  };
}

interface Models {
  url: string;
  login: Outputs["mindsdb"]["login"];
  spec: MindsdbSpec;
  engine: Engine;
}

function provideModels(target: LocalTarget, server: Process, { url, login, spec, engine }: Models): Task {
  const summary = spec.llm && engineOf("summary");
  return new Task(
    "mindsdb-models",
    {
      component: "mindsdb",
      command: [target.node, target.script("components/mindsdb/tasks/models")],
      input: {
        url,
        login,
        project: spec.project,
        engines: summary ? [engine, summary] : [engine],
        prefixes: ["work_", "summary_"],
        ...(summary && { ready: { name: summaryModel, engine: summary.name, predicts: "summary" } }),
      },
      timeoutSeconds: 120,
    },
    { dependsOn: [server] },
  );
}
