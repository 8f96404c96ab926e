import { describe, expect, it } from "vitest";
import { describeChange, key } from "./change.ts";

const process = "purlin:local:Process";

describe("key", () => {
  it("is a path the engine can parse", () => {
    expect(key("command")).toBe("command");
    expect(key("env", "PORT")).toBe("env.PORT");
    expect(key("restartOn", "traefik.yml")).toBe('restartOn["traefik.yml"]');
    expect(key("restartOn", 'a "b"')).toBe('restartOn["a \\"b\\""]');
  });
});

describe("describeChange", () => {
  it.each([
    [process, ["state.stopped"], ["start: not running"], "none"],
    [process, ["state.failed"], ["start: it had failed too often"], "none"],
    [process, ["state.starting"], ["wait: not ready yet"], "none"],
    [process, ['restartOn["traefik.yml"]'], ["restart: traefik.yml changed"], "restart"],
    [
      process,
      ["env.POSTGRES_URL", "command"],
      ["restart: POSTGRES_URL changed", "restart: command changed"],
      "restart",
    ],
    [process, ["stop"], ["restart: stop signal or time changed"], "restart"],
    [process, ['reload["routes.yml"]'], ["reload: routes.yml changed"], "none"],
    [process, ['reload["routes.yml"]', "cwd"], ["restart: cwd changed", "reload: routes.yml changed"], "restart"],
    [process, ["level", "ready"], ["record: order of stopping changed", "record: health check changed"], "none"],
    ["purlin:local:File", ["content"], ["rewrite: content changed"], "none"],
    ["purlin:local:File", ["state.content"], ["rewrite: content changed by hand"], "none"],
    ["purlin:local:File", ["state.missing"], ["rewrite: missing"], "none"],
    ["purlin:local:File", ["path"], ["replace: path changed"], "none"],
    ["purlin:local:Directory", ["state.missing"], ["make: missing"], "none"],
    ["purlin:local:Directory", ["state.owner"], ["make: owner changed by hand"], "none"],
    ["purlin:local:Task", ["state.missing"], ["rerun: its result is missing"], "none"],
    [
      "purlin:local:Task",
      ['rerunOn["role.sql"]', "input"],
      ["rerun: role.sql changed", "rerun: input changed"],
      "none",
    ],
    ["purlin:local:Task", ["timeoutSeconds"], ["record: timeoutSeconds changed"], "none"],
  ])("%s %j: %j", (type, keys, reasons, risk) => {
    expect(describeChange(type, "update", keys)).toEqual({ reasons, risk });
  });

  it("knows that deleting a process is downtime, and that a creation needs no reason", () => {
    expect(describeChange(process, "delete", [])).toEqual({ reasons: [], risk: "downtime" });
    expect(describeChange(process, "create", [])).toEqual({ reasons: [], risk: "none" });
  });
});
