import type { Input } from "@pulumi/pulumi";
import type { Outputs } from "../component.ts";

/** How MindsDB reaches the data: the first replica, or the primary where there is none, with a role that only reads. */
export function dataSourceParameters(
  { primary, replicas, ca, databases }: Outputs["postgres"],
  database: string,
): Parameters {
  const login = databases[database]?.consumers["mindsdb"];
  if (!login) throw new Error(`mindsdb: postgres has no login for it on database ${database}`);
  return {
    ...(replicas[0] ?? primary),
    database,
    user: login.user,
    password: login.password,
    connection_parameters: { sslmode: "verify-full", sslrootcert: ca, application_name: "mindsdb" },
  };
}

interface Parameters {
  host: Input<string>;
  port: Input<number>;
  database: string;
  user: string;
  password: Input<string>;
  /** Of libpq. */
  connection_parameters: Record<string, Input<string>>;
}
