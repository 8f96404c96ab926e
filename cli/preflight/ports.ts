import { listenersSeenFrom } from "../../stacks/targets/local/listeners.ts";
import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import type { Check } from "./check.ts";

/** Ports the blueprint demands are free, or already this stack's. All others are chosen among free ones. */
export const ports: Check = {
  id: "ports",
  title: "ports",
  beforeUp: true,
  run({ blueprint, home }) {
    const wanted = demanded(blueprint);
    const owner = strangers(home);
    const taken = wanted.flatMap(([key, port]) => {
      const name = owner(port);
      return name === undefined ? [] : [{ key, text: `${port} (${key}) is taken by ${name}` }];
    });
    if (taken.length > 0) {
      const keys = taken.map(({ key }) => key).join(", ");
      const remedy = `stop it, or choose another port for ${keys} in ${blueprint.file}`;
      return { level: "fail", detail: taken.map(({ text }) => text).join("; "), remedy };
    }
    const listed = wanted.map(([key, port]) => `${key} ${port}`).join(", ");
    return { level: "ok", detail: listed === "" ? "all chosen among free ones" : `${listed}; others among free ones` };
  },
};

function demanded({ components: { gateway, postgres } }: Blueprint): [key: string, port: number][] {
  const candidates: [string, number | undefined][] = [
    ["gateway.ports.http", gateway?.ports.http],
    ["gateway.ports.https", gateway?.ports.https],
    ["postgres.ports.primary", postgres?.ports?.primary],
  ];
  return candidates.flatMap(([key, port]) => (port === undefined ? [] : [[key, port]]));
}

/** Who but this stack listens on a port, in words. */
function strangers(home: StackHome | undefined): (port: number) => string | undefined {
  const listener = listenersSeenFrom(home ?? { processesDir: "" });
  return (port) => {
    const found = listener(port);
    return found === undefined || found.ours ? undefined : found.owner;
  };
}
