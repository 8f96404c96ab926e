import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { key } from "../resources/change.ts";
import { runTask } from "./run-task.ts";
import { memberChanges } from "./members.ts";
import type { Change, Kind } from "./kind.ts";

const text = z.record(z.string(), z.string());
const schema = z.strictObject({
  component: z.string(),
  command: z.tuple([z.string()], z.string()),
  env: text.default({}),
  input: z.unknown().optional(),
  creates: z.string().optional(),
  timeoutSeconds: z.number().positive(),
  rerunOn: text.default({}),
});
export type TaskSpec = z.infer<typeof schema>;

export const task: Kind<TaskSpec> = {
  schema,
  id: (name) => name,
  deadlineSeconds: (args) => (args?.timeoutSeconds ?? 0) + 30,

  diff(_world, _instance, args, olds) {
    return Promise.resolve([...reasonsToRun(args, olds), ...reasonsToRecord(args, olds)]);
  },

  async apply(world, { name }, args, olds) {
    if (olds === undefined || reasonsToRun(args, olds).length > 0) await runTask(world, name, args);
  },

  exists: () => true, // its work is judged by `diff`

  remove: () => Promise.resolve(), // what it made belongs to somebody else's data
};

function reasonsToRun(args: TaskSpec, olds: TaskSpec | undefined): Change[] {
  const changes: Change[] = [];
  if (args.creates !== undefined && !existsSync(args.creates)) changes.push({ key: key("state", "missing") });
  if (!isDeepStrictEqual(args.command, olds?.command)) changes.push({ key: key("command") });
  if (!isDeepStrictEqual(args.input, olds?.input)) changes.push({ key: key("input") });
  changes.push(...memberChanges("env", args.env, olds?.env), ...memberChanges("rerunOn", args.rerunOn, olds?.rerunOn));
  return changes;
}

function reasonsToRecord(args: TaskSpec, olds: TaskSpec | undefined): Change[] {
  const properties = ["component", "creates", "timeoutSeconds"] as const;
  return properties
    .filter((property) => args[property] !== olds?.[property])
    .map((property) => ({ key: key(property) }));
}
