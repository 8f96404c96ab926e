import { dirname, resolve } from "node:path";
import type { BlueprintProblem } from "../../errors/catalog.ts";
import { PurlinError } from "../../errors/purlin-error.ts";
import { kinds } from "../components/index.ts";
import type { Blueprint } from "./blueprint.ts";
import { loadBlueprint } from "./load.ts";
import { isMapping } from "./mapping.ts";
import { overlay } from "./overlay.ts";
import { collect } from "./problem.ts";
import { refusals } from "./refusals.ts";
import { ruleFindings } from "./rules/rules.ts";
import { headSchema, sectionsSchema } from "./schema.ts";
import type { Source } from "./source.ts";
import { nearest } from "./suggest.ts";

interface Wanted {
  file: string;
  stack?: string | undefined;
  /** How problems name the file; absent: as `file` does. */
  shown?: string;
}

/**
 * The blueprint of one stack: file, overlay and defaults, merged and checked. Every stack of the file is checked, not
 * only the wanted one, and all problems are reported at once. The default stack is `dev`, else the first. Throws
 * BLUEPRINT_NOT_FOUND, BLUEPRINT_UNREADABLE, BLUEPRINT_INVALID, STACK_UNDECLARED.
 */
export function resolveBlueprint({ file, stack, shown = file }: Wanted): Blueprint {
  return resolveSource(loadBlueprint(file, shown), { file, stack, shown });
}

/** Like resolveBlueprint, for a file already read. `file` need not exist; its folder is where services are looked for. */
export function resolveSource(source: Source, { file, stack, shown = file }: Wanted): Blueprint {
  const folder = dirname(resolve(file));
  const declared = isMapping(source.value.stacks) ? Object.keys(source.value.stacks) : [];
  const known = declared.length > 0 ? declared : ["dev"];
  const checked = new Map(known.map((name) => [name, check(source, name, folder)]));
  const problems = collect([...checked].map(([name, result]) => [name, result.problems]));
  if (problems.length > 0) throw new PurlinError("BLUEPRINT_INVALID", { file: shown, problems });

  const name = stack ?? known.find((candidate) => candidate === "dev") ?? known[0] ?? "dev";
  const blueprint = checked.get(name)?.blueprint;
  if (!blueprint)
    throw new PurlinError("STACK_UNDECLARED", { file: shown, stack: name, known, meant: nearest(name, known) });
  return { ...blueprint, file: resolve(file) };
}

interface Checked {
  blueprint?: Omit<Blueprint, "file"> | undefined;
  problems: BlueprintProblem[];
}

function check(source: Source, stack: string, folder: string): Checked {
  const raw = laidOver(source.value, stack);
  const isHead = (key: string) => key in headSchema.shape;
  const head = headSchema.safeParse(pick(raw, isHead), { reportInput: true });
  const sections = sectionsSchema.safeParse(
    pick(raw, (key) => !isHead(key)),
    { reportInput: true },
  );
  const refused = [head.error, sections.error].flatMap((error) => (error ? refusals(error) : []));

  // Rules look at what is sound, so that one slip in a section does not hide the problems of others.
  const broken = new Set(refused.map(({ path }) => path[0]));
  const sound = sections.success
    ? sections
    : sectionsSchema.safeParse(pick(raw, (key) => isSection(key) && !broken.has(key)));
  const ruled = sound.success ? ruleFindings({ specs: sound.data, declared: meantSections(raw), folder }) : [];

  const chosen = head.data?.stacks[stack];
  return {
    problems: [...refused, ...ruled].map((finding) => source.locate(finding, stack)),
    blueprint: head.data &&
      chosen &&
      sections.data && {
        name: head.data.name,
        stack,
        target: chosen.target,
        backend: chosen.backend ?? head.data.backend,
        components: sections.data,
      },
  };
}

/** The file with a stack's overlay merged into its sections, and without the sections that are switched off. */
function laidOver(file: Record<string, unknown>, stack: string): Record<string, unknown> {
  const declared = isMapping(file.stacks) ? file.stacks[stack] : undefined;
  const set = isMapping(declared) && isMapping(declared.set) ? declared.set : {};
  const merged = overlay(file, pick(set, isSection));
  return pick(merged, (key) => !isSection(key) || (merged[key] !== null && merged[key] !== false));
}

/** The sections that were written, also under a name that is slightly off: their absence is not one more problem. */
function meantSections(raw: Record<string, unknown>): string[] {
  return Object.keys(raw).map((key) => nearest(key, kinds) ?? key);
}

function isSection(key: string): boolean {
  return kinds.some((kind) => kind === key);
}

function pick(values: Record<string, unknown>, wanted: (key: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => wanted(key)));
}
