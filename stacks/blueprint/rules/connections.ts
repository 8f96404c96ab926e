import { allNeeds, consumersOf } from "../../graph/needs.ts";
import type { Rule } from "./rule.ts";

/** Kept for the superuser's three, exporters, heartbeat, sessions that listen, migrations and people. */
const reserve = 20;

/** All pools together fit in what a server accepts, so that a busy service cannot keep another one out. */
export const poolsFit: Rule = ({ specs }) => {
  if (!specs.postgres) return [];
  const { maxConnections } = specs.postgres;
  const taken = consumersOf("postgres", allNeeds(specs))
    .map(({ consumer, pool }) => pool * (specs.services?.[consumer]?.instances ?? 1))
    .reduce((sum, connections) => sum + connections, 0);
  if (taken + reserve <= maxConnections) return [];
  const message =
    `${maxConnections} is too few: pools may take ${taken}, and ${reserve} are kept for the platform; ` +
    `write ${taken + reserve}, or give claims of needs.postgres a smaller pool`;
  return [{ path: ["postgres", "maxConnections"], message }];
};
