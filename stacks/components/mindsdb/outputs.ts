import type { Input } from "@pulumi/pulumi";
import type { Login } from "../component.ts";

export interface MindsdbSpec {
  /** Database its Postgres data source reads, on a replica where there is one. */
  database: string;
  /** Project inside MindsDB where models are. */
  project: string;
  /** Absent: no language model is asked anything. */
  llm?: LlmSpec | undefined;
}

/** A server that speaks the OpenAI-compatible protocol. */
export interface LlmSpec {
  provider: "openai" | "ollama";
  /** With its version, without a slash at the end. Absent: the provider's own. */
  baseUrl?: string | undefined;
  model: string;
  apiKey?: string | undefined;
}

interface MindsdbOutputs {
  url: Input<string>;
  login: Login;
  /** Name of the data source inside MindsDB. */
  dataSource: string;
  project: string;
  /** Engine that models of work are trained with. */
  engine: string;
  /** Model that summarises projects; absent without a language model. */
  summaryModel?: string;
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
