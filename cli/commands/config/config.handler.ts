import { stringify } from "yaml";
import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { printable } from "../../../stacks/blueprint/printable.ts";
import type { Context } from "../../context.ts";
import { writeDocument } from "../../output/json.ts";
import { openBlueprint } from "../../stack.ts";
import { redact } from "./redact.ts";

/** Prints the blueprint of one stack as `up` would read it, secrets left out: as data, or as a file would say it. */
export async function config(context: Pick<Context, "stdout" | "cwd" | "settings" | "platform">): Promise<ExitFamily> {
  const blueprint = await openBlueprint(context);
  if (context.settings.json) writeDocument(context.stdout, { blueprint: redact(blueprint) });
  else context.stdout.write(stringify(redact(printable(blueprint)), { lineWidth: 0 }));
  return "done";
}
