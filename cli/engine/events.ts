import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { countNothing } from "./operations.ts";
import type { Failure, Operation, OutputValues, ResourceCounts, Risk, Row } from "./engine.ts";
import { outputValues } from "./outputs.ts";

/** A change in words: reasons, most important first, and what is risky about it. */
export type Describe = (type: string, operation: Operation, diffKeys: string[]) => { reasons: string[]; risk: Risk };

interface Step {
  operation: Operation;
  startedAt: number;
  phase: Row["phase"];
}

/** Events of one run, turned into rows. Unknown events and the debug ones are ignored. */
export class RunEvents {
  readonly #describe: Describe;
  readonly #redact: (text: string) => string;
  readonly #trace: (text: string) => void;
  readonly #onRow: (row: Row) => void;
  readonly #steps = new Map<string, Step>();
  readonly #errors = new Map<string, string[]>();
  readonly #risks = new Map<string, Risk>();
  readonly #programErrors: string[] = [];
  readonly #failed = new Map<string, Row>();
  outputs: OutputValues | undefined;
  /** The state has operations of a run that was killed. */
  sawPending = false;

  /** @param options.trace takes messages that hold a stack trace, which the rows leave out. */
  constructor(options: {
    describe: Describe;
    redact: (text: string) => string;
    trace: (text: string) => void;
    onRow: (row: Row) => void;
  }) {
    this.#describe = options.describe;
    this.#redact = options.redact;
    this.#trace = options.trace;
    this.#onRow = options.onRow;
  }

  /** Takes one event of the engine. */
  accept(event: EngineEvent): void {
    if (event.resourcePreEvent) this.#started(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.#ended(event.resOutputsEvent.metadata);
    if (event.resOpFailedEvent) this.#fail(event.resOpFailedEvent.metadata);
    if (event.diagnosticEvent) this.#diagnosed(event.diagnosticEvent);
  }

  /** What went wrong, resource by resource; program errors last. Call when the run is over. */
  failures(): Failure[] {
    for (const urn of this.#errors.keys()) {
      if (!this.#failed.has(urn) && !isStack(urn)) this.#emit(this.#rowOf(urn, undefined, "update", "failed"));
    }
    const resources = [...this.#failed.values()].map(({ urn, component, name }) => ({
      urn,
      component,
      name,
      message: this.#messageOf(urn),
    }));
    const program = this.#programErrors.map((message) => ({ component: "purlin", name: "purlin", message }));
    return [...resources, ...(resources.length === 0 ? program : [])];
  }

  /** Resources by operation, as far as the run came. */
  counts(): ResourceCounts {
    const counts = countNothing();
    for (const { operation, phase } of this.#steps.values()) if (phase === "done") counts[operation]++;
    return counts;
  }

  /** What is risky about the change of a resource. */
  riskOf(urn: string): Risk {
    return this.#risks.get(urn) ?? "none";
  }

  /** Names of the processes that are part of the platform after this run. */
  processes(): string[] {
    return [...this.#steps]
      .filter(([urn, { operation }]) => urn.includes(`::${processType}::`) && operation !== "delete")
      .map(([urn]) => nameOf(urn));
  }

  #started(metadata: StepEventMetadata): void {
    const operation = operationOf(metadata);
    if (operation === undefined || this.#steps.has(metadata.urn)) return;
    this.#risks.set(metadata.urn, this.#assess(metadata, operation));
    this.#steps.set(metadata.urn, { operation, startedAt: performance.now(), phase: "running" });
    if (operation !== "same") this.#emit(this.#rowOf(metadata.urn, metadata, operation, "running"));
  }

  #ended(metadata: StepEventMetadata): void {
    if (metadata.type === stackType) this.outputs = outputValues(metadata.new?.outputs ?? {});
    const operation = operationOf(metadata);
    const step = this.#steps.get(metadata.urn);
    if (operation === undefined || step?.phase !== "running") return;
    if (step.operation === "replace" && metadata.op !== "create-replacement") return;
    step.phase = "done";
    this.#emit(this.#rowOf(metadata.urn, metadata, step.operation, "done"));
  }

  #fail(metadata: StepEventMetadata): void {
    const operation = operationOf(metadata);
    if (operation === undefined) return;
    const step = this.#steps.get(metadata.urn);
    if (step) step.phase = "failed";
    this.#emit(this.#rowOf(metadata.urn, metadata, step?.operation ?? operation, "failed"));
  }

  #diagnosed({ severity, urn, message }: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    const whole = this.#redact(plain(message));
    const text = withoutStack(whole);
    if (text !== whole) this.#trace(whole);
    if (severity === "warning" && /pending operations/i.test(text)) this.sawPending = true;
    if (severity !== "error" || isNoise(text)) return;
    if (urn === undefined || urn === "" || isStack(urn)) this.#programErrors.push(text);
    else this.#errors.set(urn, [...(this.#errors.get(urn) ?? []), text]);
  }

  #assess(metadata: StepEventMetadata, operation: Operation): Risk {
    const removes = operation === "delete" || operation === "replace";
    if (removes && metadata.old?.inputs.holds === "data") return "data-loss";
    return this.#describe(metadata.type, operation, diffKeys(metadata)).risk;
  }

  #rowOf(urn: string, metadata: StepEventMetadata | undefined, operation: Operation, phase: Row["phase"]): Row {
    const startedAt = this.#steps.get(urn)?.startedAt;
    const explained = operation === "update" || operation === "replace";
    return {
      component: componentOf(urn, metadata),
      name: nameOf(urn),
      urn,
      operation,
      phase,
      reasons: metadata && explained ? this.#describe(metadata.type, operation, diffKeys(metadata)).reasons : [],
      seconds: phase === "running" || startedAt === undefined ? 0 : (performance.now() - startedAt) / 1000,
      ...(phase === "failed" ? { message: this.#messageOf(urn) } : {}),
    };
  }

  #messageOf(urn: string): string {
    return this.#errors.get(urn)?.join("\n") ?? "failed without a message";
  }

  #emit(row: Row): void {
    if (row.phase === "failed") this.#failed.set(row.urn, row);
    this.#onRow(row);
  }
}

const stackType = "pulumi:pulumi:Stack";
const processType = "purlin:local:Process";

/** undefined for what is no resource of the platform: the stack itself and its providers. */
function operationOf({ op, type }: StepEventMetadata): Operation | undefined {
  if (type === stackType || type.startsWith("pulumi:providers:")) return undefined;
  switch (op) {
    case "create":
    case "update":
    case "delete":
    case "same":
    case "read":
      return op;
    case "replace":
    case "create-replacement":
    case "delete-replaced":
      return "replace";
    case "discard":
    case "discard-replaced":
      return "delete";
    default:
      return undefined;
  }
}

function diffKeys({ detailedDiff, diffs }: StepEventMetadata): string[] {
  const detailed = Object.keys(detailedDiff ?? {});
  return detailed.length > 0 ? detailed : (diffs ?? []);
}

/** URNs end in `::<type>::<name>`. */
function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function componentOf(urn: string, metadata: StepEventMetadata | undefined): string {
  const inputs: Record<string, unknown> = metadata?.new?.inputs ?? metadata?.old?.inputs ?? {};
  return typeof inputs.component === "string" ? inputs.component : (/^[^-/]+/.exec(nameOf(urn))?.[0] ?? "purlin");
}

function isStack(urn: string): boolean {
  return urn.includes(`::${stackType}::`);
}

/** The engine marks colours in messages as `<{%fg 1%}>`. */
function plain(message: string): string {
  return message
    .replaceAll(/<\{%.*?%\}>/g, "")
    .replace(/^error: /, "")
    .replace(/^1 error occurred:\s+\* /, "") // the engine's list of why something made does not work: always of one
    .trim();
}

/** Lines of a JavaScript stack trace (`    at f (file:1:2)`) mean nothing to who runs a command. */
function withoutStack(text: string): string {
  const lines = text.split("\n");
  return lines
    .filter((line) => !/^\s+at .*[\w)>]$/.test(line))
    .join("\n")
    .trim();
}

/** Said once more about a run whose errors were reported already. */
function isNoise(text: string): boolean {
  return /^(update|preview|destroy) failed$|resource monitor (is terminating|shut ?down)|^$/i.test(text);
}
