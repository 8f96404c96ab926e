/*
 * The provider's `Diff` names what differs by keys; people read words. This file is the one place that knows both:
 * the provider makes keys with `key`, the CLI reads them with `describeChange`.
 */

type Risk = "none" | "restart" | "downtime" | "data-loss";

export interface ChangeText {
  /** `restart: traefik.yml changed`, most important first. */
  reasons: string[];
  risk: Risk;
}

type Action = "start" | "restart" | "reload" | "wait" | "rewrite" | "rerun" | "make" | "replace" | "record";

/** Most important first; only the strongest action of a change happens, and only its risk counts. */
const risks: Record<Action, Risk> = {
  replace: "none",
  start: "none",
  restart: "restart",
  reload: "none",
  wait: "none",
  rerun: "none",
  rewrite: "none",
  make: "none",
  record: "none",
};
const importance = Object.keys(risks);

interface Words {
  action: Action;
  text: string;
}

/** A diff key: `key("env", "PORT")` is `env.PORT`, `key("restartOn", "traefik.yml")` is `restartOn["traefik.yml"]`. */
export function key(property: string, member?: string): string {
  if (member === undefined) return property;
  return /^[A-Za-z_]\w*$/.test(member) ? `${property}.${member}` : `${property}[${JSON.stringify(member)}]`;
}

/**
 * What a change of a `purlin:local:*` resource means.
 *
 * @param type the resource's type, `purlin:local:Process`.
 * @param operation the engine's: only `update` and `replace` have reasons.
 * @param keys `diffs` of the step's metadata, or the keys of its `detailedDiff`.
 */
export function describeChange(type: string, operation: string, keys: readonly string[]): ChangeText {
  const kind = type.split(":").at(-1) ?? "";
  if (operation === "delete") return { reasons: [], risk: kind === "Process" ? "downtime" : "none" };
  const words = keys.map((key) => describeKey(kind, key)).sort((a, b) => rank(a) - rank(b));
  const [strongest] = words;
  const reasons = [...new Set(words.map(({ action, text }) => `${action}: ${text}`))];
  return { reasons, risk: strongest && operation !== "create" ? risks[strongest.action] : "none" };
}

function rank({ action }: Words): number {
  return importance.indexOf(action);
}

function describeKey(kind: string, key: string): Words {
  const [, property = key, plain, quoted] = /^(\w+)(?:\.(\w+)|\[(".*")\])?$/.exec(key) ?? [];
  const member = quoted === undefined ? plain : String(JSON.parse(quoted));
  if (property === "path") return { action: "replace", text: "path changed" };
  switch (kind) {
    case "Process":
      return describeProcess(property, member);
    case "Task":
      return describeTask(property, member);
    default:
      return describeFile(kind, property, member);
  }
}

function describeProcess(property: string, member: string | undefined): Words {
  switch (property) {
    case "state":
      if (member === "starting") return { action: "wait", text: "not ready yet" };
      return { action: "start", text: member === "failed" ? "it had failed too often" : "not running" };
    case "command":
    case "cwd":
      return { action: "restart", text: `${property} changed` };
    case "stop":
      return { action: "restart", text: "stop signal or time changed" };
    case "env":
    case "restartOn":
      return { action: "restart", text: `${member ?? property} changed` };
    case "reload":
      return { action: "reload", text: `${member ?? property} changed` };
    default:
      return { action: "record", text: `${recorded[property] ?? property} changed` };
  }
}

/** Settings that take effect without touching the process. */
const recorded: Record<string, string> = {
  ready: "health check",
  leaves: "what to clean up",
  startTimeoutSeconds: "time to start",
  minReadySeconds: "pause after a restart",
  level: "order of stopping",
  reloadSignal: "reload signal",
};

function describeTask(property: string, member: string | undefined): Words {
  if (property === "state") return { action: "rerun", text: "its result is missing" };
  if (["component", "creates", "timeoutSeconds"].includes(property)) {
    return { action: "record", text: `${property} changed` };
  }
  return { action: "rerun", text: `${member ?? property} changed` };
}

function describeFile(kind: string, property: string, member: string | undefined): Words {
  const action = kind === "File" ? "rewrite" : "make";
  if (property !== "state") return { action: property === "holds" ? "record" : action, text: `${property} changed` };
  if (member === "missing") return { action, text: "missing" };
  return { action, text: `${member ?? "it"} changed by hand` };
}
