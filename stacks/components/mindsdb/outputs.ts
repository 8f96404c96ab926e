import type { Input } from "@pulumi/pulumi";
import type { Login } from "../component.ts";

export interface MindsdbSpec {
  /** Database its Postgres data source reads, on a replica where there is one. */
  database: string;
}

interface MindsdbOutputs {
  url: Input<string>;
  login: Login;
  /** Name of the data source inside MindsDB. */
  dataSource: string;
}

declare module "../component.ts" {
  interface Specs {
    mindsdb: MindsdbSpec;
  }
  interface Outputs {
    mindsdb: MindsdbOutputs;
  }
  interface Claims {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a claim on MindsDB has no fields
    mindsdb: {};
  }
}
