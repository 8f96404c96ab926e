import { z } from "zod";
import { runTask } from "../../../targets/local/tasks/run-task.ts";
import { logIn } from "./log-in.ts";

const engine = z.strictObject({ name: z.string(), code: z.string() });

const input = z.strictObject({
  url: z.url(),
  login: z.strictObject({ user: z.string(), password: z.string() }),
  project: z.string(),
  /** Engines that are to be there: all that begin like one of `prefixes` and are not among them go, with their models. */
  engines: z.array(engine),
  prefixes: z.array(z.string()),
  /** The model that needs no training data, made here: its name, engine and what it predicts. */
  ready: z.strictObject({ name: z.string(), engine: z.string(), predicts: z.string() }).optional(),
});

/** What CREATE MODEL answers: a model that failed is no error of the statement. */
const outcome = z.object({ status: z.string(), error: z.string().nullish() });

type Ready = NonNullable<z.infer<typeof input>["ready"]>;
type Session = Awaited<ReturnType<typeof logIn>>;

/** The project, and our models uploaded as engines: once for each content. */
await runTask(input, async (task) => {
  const session = await logIn(task.url, task.login);
  const projects = await session.sdk.Projects.getAllProjects();
  if (!projects.some(({ name }) => name === task.project)) await run(session, `CREATE PROJECT \`${task.project}\``);
  const present = await names(session, "information_schema.ml_engines");
  const wanted = new Set(task.engines.map(({ name }) => name));
  for (const prefix of task.prefixes) {
    const outdated = present.filter((name) => name.startsWith(prefix) && !wanted.has(name));
    if (outdated.length > 0) await drop(session, task.project, prefix, outdated);
  }
  for (const { name, code } of task.engines) if (!present.includes(name)) await upload(session, name, code);
  if (task.ready) await makeReady(session, task.project, task.ready);
});

/** An engine cannot go before its models; the worker trains them anew. */
async function drop(session: Session, project: string, prefix: string, engines: string[]): Promise<void> {
  for (const model of await names(session, `\`${project}\`.models`)) {
    if (`${model}_`.startsWith(prefix)) await run(session, `DROP MODEL \`${project}\`.\`${model}\``);
  }
  for (const name of engines) await run(session, `DROP ML_ENGINE \`${name}\``);
}

/**
 * PUT /api/handlers/byom/<name>, by hand: the SDK's createMLEngine reads its code from a file, writes the answer to
 * stdout and, after a failure, the request with its token to stderr.
 */
async function upload({ http }: Session, name: string, code: string): Promise<void> {
  const form = new FormData();
  form.append("type", "inhouse");
  form.append("code", new Blob([code], { type: "text/x-python" }), "code.py");
  await http.put(`/api/handlers/byom/${name}`, form);
}

async function makeReady(session: Session, project: string, wanted: Ready): Promise<void> {
  const name = `\`${project}\`.\`${wanted.name}\``;
  const [made] = await run(
    session,
    `CREATE OR REPLACE MODEL ${name} PREDICT \`${wanted.predicts}\` USING engine = '${wanted.engine}', join_learn_process = true`,
  );
  const { status, error } = outcome.parse(made);
  if (status !== "complete") throw new Error(error ?? `the model is ${status}`);
}

async function names(session: Session, table: string): Promise<string[]> {
  return (await run(session, `SELECT name FROM ${table}`)).map((row) => String(row["name"]));
}

async function run({ sdk }: Session, statement: string): Promise<Record<string, unknown>[]> {
  const { rows, error_message } = await sdk.SQL.runQuery(statement);
  if (error_message) throw new Error(error_message);
  return rows;
}
