import { interpolate, type Input } from "@pulumi/pulumi";
import type { Outputs } from "../component.ts";

/** Database where MindsDB keeps its own records: data sources, models, jobs. */
export const metadataDatabase = "mindsdb_metadata";

/** SQLAlchemy URL of that database, as its owner: MindsDB migrates the schema itself when it starts. */
export function metadataUrl({ primary, ca, databases }: Outputs["postgres"]): Input<string> {
  const database = databases[metadataDatabase];
  if (!database) throw new Error(`mindsdb: postgres has no database ${metadataDatabase}`);
  const { user, password } = database.owner;
  const { host, port } = primary;
  const tls = interpolate`sslmode=verify-full&sslrootcert=${ca}`;
  return interpolate`postgresql+psycopg2://${user}:${password}@${host}:${port}/${metadataDatabase}?${tls}`;
}
