import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Context } from "../../context.ts";
import type { Json, OutputValues } from "../../engine/engine.ts";
import { writeDocument } from "../../output/json.ts";
import { painter } from "../../output/paint.ts";
import { table } from "../../output/table.ts";
import { openSession, type SessionWorld } from "../../session.ts";

interface OutputsOptions {
  showSecrets?: boolean;
}

type World = SessionWorld & Pick<Context, "stdout">;

/** Prints what the components tell the world: a document with --json, else one line a value. */
export async function outputs(context: World, { showSecrets = false }: OutputsOptions): Promise<ExitFamily> {
  const values = await readOutputs(context, showSecrets);
  if (context.settings.json) writeDocument(context.stdout, values);
  else context.stdout.write(`${outputLines(values, context.stdout).join("\n")}\n`);
  return "done";
}

/** @throws PurlinError NOT_UP when no `up` has ended well yet. */
export async function readOutputs(context: SessionWorld, showSecrets: boolean): Promise<OutputValues> {
  const { engine, blueprint } = await openSession(context);
  const values = await engine.outputs({ showSecrets });
  if (values === undefined) throw new PurlinError("NOT_UP", { name: blueprint.name, stack: blueprint.stack });
  return values;
}

/** `postgres.primary.port  20123`: every value with its path, in the outputs' own order. */
export function outputLines(values: OutputValues, to: Pick<Context["stdout"], "colour">): string[] {
  const paint = painter(to);
  return table(flatten(values).map(([path, value]) => [paint("dim", path), value]));
}

function flatten(value: Json, path = ""): [path: string, value: string][] {
  if (value === null) return [];
  if (typeof value !== "object") return [[path, String(value)]];
  const entries: [string, Json][] = Array.isArray(value)
    ? value.map((item, index) => [`[${index}]`, item])
    : Object.entries(value).map(([key, item]) => [path === "" ? key : `.${key}`, item]);
  return entries.flatMap(([key, item]) => flatten(item, path + key));
}
