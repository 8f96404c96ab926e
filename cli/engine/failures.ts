import { PurlinError } from "../../errors/purlin-error.ts";
import { PulumiFailure } from "./pulumi-cli.ts";

/**
 * What a failed command of the CLI means for people, when the engine's events say nothing: it then failed before
 * the program ran. Its own message is the last line that says `error:`.
 */
export function explainFailure(
  error: unknown,
  {
    command,
    stack,
    passphraseFile,
    logFile,
  }: { command: string; stack: string; passphraseFile: string; logFile: string },
): unknown {
  if (!(error instanceof PulumiFailure)) return error;
  if (/incorrect passphrase/.test(error.output)) {
    return new PurlinError("PASSPHRASE_WRONG", { path: passphraseFile }, { cause: error });
  }
  if (/currently locked by/.test(error.output)) {
    return new PurlinError("BACKEND_LOCKED", { stack, holder: lockLine(error.output) }, { cause: error });
  }
  const reason =
    error.output
      .match(/^error: .*$/gm)
      ?.at(-1)
      ?.slice("error: ".length) ?? "the engine ended without saying why";
  return new PurlinError("ENGINE_FAILED", { command, reason, logFile }, { cause: error });
}

/** `  file:///...: created by root@box (pid 12) at 2026-...` */
function lockLine(output: string): string {
  return /created by .*/.exec(output)?.[0] ?? "another run holds it";
}
