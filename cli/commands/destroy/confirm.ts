import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Blueprint } from "../../../stacks/blueprint/blueprint.ts";
import type { Context } from "../../context.ts";

/**
 * Demands the stack's name before its data is removed: from `--confirm`, or typed at the terminal. `--yes` does not do.
 *
 * @throws PurlinError ANSWER_NEEDED where nobody can be asked, CONFIRMATION_WRONG for any other name.
 */
export async function confirm(
  { stdin, stderr, settings }: Pick<Context, "stdin" | "stderr" | "settings">,
  { name, stack }: Pick<Blueprint, "name" | "stack">,
  given: string | undefined,
): Promise<void> {
  const answer = given ?? (await ask());
  if (answer !== stack) throw new PurlinError("CONFIRMATION_WRONG", { stack, given: answer });

  async function ask(): Promise<string> {
    const question = `remove ${name} (${stack}) and all its data?`;
    if (!stdin.isTTY || !settings.input || settings.json) {
      throw new PurlinError("ANSWER_NEEDED", { question, flag: `--confirm=${stack}` });
    }
    stderr.write(
      `${question.replace("remove", "Remove")} There is no way back.\nType the stack's name, ${stack}, to go on: `,
    );
    return (await stdin.readLine())?.trim() ?? "";
  }
}
