import type { Database } from "@purlin/kit/postgres";
import type { MindsdbSettings } from "./config.ts";
import type { Mindsdb } from "./mindsdb.ts";
import { dropModel, listModels, organisationOf } from "./statements.ts";

const timeout = 10_000;

/** Drops the models of organisations that are gone: there are never more models than organisations. */
export async function dropOrphans(
  mindsdb: Mindsdb,
  names: MindsdbSettings,
  db: Pick<Database, "readPrimary">,
  signal: AbortSignal,
): Promise<void> {
  const models = await mindsdb.run(listModels(names), { signal, timeout });
  const owners = models.flatMap(({ name }) => (typeof name === "string" ? (organisationOf(name) ?? []) : []));
  const living = new Set(
    (await db.readPrimary<{ id: string }>("SELECT id FROM analytics.living_organisations($1) AS id", [owners])).map(
      ({ id }) => id,
    ),
  );
  for (const owner of owners) {
    if (!living.has(owner)) await mindsdb.run(dropModel(names, owner), { signal, timeout });
  }
}
