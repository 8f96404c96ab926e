import type { Input } from "@pulumi/pulumi";
import type { Address, Login } from "../component.ts";

export interface PostgresSpec {
  /** Major version; data folders are pinned to it. */
  version: 18;
  /** Streaming replicas, 0 to 5. */
  replicas: number;
  /** Share of the machine's memory for all servers together, bytes; absent means tuned to the machine. */
  memory?: number | undefined;
  maxConnections: number;
  databases: Record<string, { extensions: string[] }>;
  ports?: { primary?: number | undefined } | undefined;
}

export interface PostgresOutputs {
  primary: Address;
  /** Streaming replicas, read only, in ordinal order. May be empty. */
  replicas: Address[];
  /** PEM file that verifies the servers' certificates (sslmode=verify-full). */
  ca: Input<string>;
  databases: Record<string, PostgresDatabase>;
}

export interface PostgresDatabase {
  name: string;
  /** Owns the schema; for migrations only. */
  owner: Login;
  /** One least-privilege role per consumer, keyed by the consumer's name. `schemas`: all that a read-only one sees, if not everything. */
  consumers: Record<string, Login & { access: "read-write" | "read-only"; schemas?: string[] }>;
}

declare module "../component.ts" {
  interface Specs {
    postgres: PostgresSpec;
  }
  interface Outputs {
    postgres: PostgresOutputs;
  }
  interface Claims {
    /**
     * A login on a database; `migrates` adds the owner's login. `pool`: connections an instance may have to one server.
     * `schemas`: all that a read-only login is to see, of what the owner made and will make; absent: every schema.
     */
    postgres: {
      database: string;
      access: "read-write" | "read-only";
      schemas?: string[];
      migrates: boolean;
      pool: number;
    };
  }
}
