import type { CommanderError } from "commander";
import { PurlinError } from "../errors/purlin-error.ts";

/** A wrong command line as an entry of the catalogue; commander already knows the nearest command or option. */
export function usageError(error: CommanderError): PurlinError<"USAGE"> {
  if (error.code === "commander.help") {
    return new PurlinError("USAGE", { problem: "no command given", fix: "see `purlin --help`" });
  }
  const [problem = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const nearest = suggestion === undefined ? undefined : /\(Did you mean (?:one of )?(.*)\?\)/.exec(suggestion)?.[1];
  const fix = nearest === undefined ? "see `purlin --help`, or `purlin <command> --help`" : `did you mean ${nearest}?`;
  return new PurlinError("USAGE", { problem, fix });
}
