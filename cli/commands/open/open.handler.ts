import { closest } from "fastest-levenshtein";
import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Context } from "../../context.ts";
import { writeDocument } from "../../output/json.ts";
import { pagesOf } from "../../pages.ts";
import { readOutputs } from "../outputs/outputs.handler.ts";

interface OpenOptions {
  page: string;
}

const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", linux: "xdg-open" };

/** Prints a page's URL and, at a terminal, opens it in the browser. A machine without one is no error. */
export async function open(
  context: Pick<Context, "stdout" | "stderr" | "env" | "cwd" | "settings" | "platform" | "interruption" | "log">,
  { page: wanted }: OpenOptions,
): Promise<ExitFamily> {
  const { stdout, settings, platform, env, cwd } = context;
  const pages = pagesOf(await readOutputs(context, false));
  const page = pages.find(({ name }) => name === wanted);
  if (page === undefined) {
    const known = pages.map(({ name }) => name);
    throw new PurlinError("PAGE_UNKNOWN", { page: wanted, nearest: closest(wanted, known), known });
  }
  if (settings.json) writeDocument(stdout, page);
  else stdout.write(`${page.url}\n`);
  const opener = openers[process.platform];
  if (stdout.isTTY && !settings.json && opener !== undefined) {
    await platform.spawn({ command: [opener, page.url], cwd, env });
  }
  return "done";
}
