import type { Context } from "../context.ts";
import type { Reporter } from "./event.ts";
import { ndjsonReporter } from "./ndjson.ts";
import { plainReporter } from "./plain.ts";

/** The reporter for this world. Ink is loaded at a terminal only. */
export async function openReporter(
  { stdout, stderr, settings, now }: Pick<Context, "stdout" | "stderr" | "settings" | "now">,
  { title, components }: { title: string; components: readonly string[] },
): Promise<Reporter> {
  if (settings.json) return ndjsonReporter(stdout);
  if (stderr.screen === undefined || settings.verbose) return plainReporter(stderr, settings);
  const { liveReporter } = await import("./live.tsx");
  return liveReporter(stderr.screen, { title, components, now });
}
