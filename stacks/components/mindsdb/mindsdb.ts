import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { metadataDatabase } from "./metadata.ts";
import { mindsdbClaims, mindsdbSpec } from "./spec.ts";

/** Schema of the database that holds all MindsDB sees. */
const analytics = "analytics";

export const mindsdb: Component<"mindsdb"> = {
  kind: "mindsdb",
  summary: "MindsDB: machine learning in SQL over the platform's data",
  spec: mindsdbSpec,
  claims: mindsdbClaims,
  needs: ({ database }) => [
    {
      ...{ consumer: "mindsdb", on: "postgres", database, migrates: false, pool: 5 },
      ...{ access: "read-only", schemas: [analytics] },
    },
    { consumer: "mindsdb", on: "postgres", database: metadataDatabase, access: "read-write", migrates: true, pool: 15 },
  ],
  tools: () => ["mindsdb"],
  after: [],
  on: { local, kubernetes, aws },
  env: ({ url, login, dataSource, project, engine, summaryModel }, needs) =>
    needs.length === 0
      ? {}
      : {
          MINDSDB_URL: url,
          MINDSDB_USER: login.user,
          MINDSDB_PASSWORD: login.password,
          MINDSDB_DATA_SOURCE: dataSource,
          MINDSDB_PROJECT: project,
          MINDSDB_ENGINE: engine,
          ...(summaryModel !== undefined && { MINDSDB_SUMMARY_MODEL: summaryModel }),
        },
};
