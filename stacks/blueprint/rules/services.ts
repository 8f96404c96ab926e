import { statSync } from "node:fs";
import { join } from "node:path";
import { kinds } from "../../components/index.ts";
import type { Rule } from "./rule.ts";

/** A service and a component share no name: both are consumers, and name logins, logs and rows of status. */
export const serviceNamesAreFree: Rule = ({ specs }) =>
  Object.keys(specs.services ?? {})
    .filter((name) => kinds.some((kind) => kind === name))
    .map((name) => ({ path: ["services", name], onKey: true, message: "is the name of a component; choose another" }));

/** The folder of a service is there. Its compiled program need not be yet. */
export const foldersExist: Rule = ({ specs, folder }) =>
  Object.entries(specs.services ?? {})
    .filter(([, { path }]) => !statSync(join(folder, path), { throwIfNoEntry: false })?.isDirectory())
    .map(([name, { path }]) => ({ path: ["services", name, "path"], message: `no folder "${path}" beside the file` }));

/** A migration and the owner's login it runs with come together. */
export const migrationsHaveOwner: Rule = ({ specs }) =>
  Object.entries(specs.services ?? {}).flatMap(([name, { migrate, needs }]) => {
    const claims = needs.postgres ?? [];
    const owned = claims.findIndex(({ migrates }) => migrates);
    if (migrate !== undefined && owned === -1) {
      return [
        {
          path: ["services", name, "migrate"],
          message: "has no database to migrate; give one claim of needs.postgres `migrates: true`",
        },
      ];
    }
    if (migrate === undefined && owned !== -1) {
      return [
        {
          path: ["services", name, "needs", "postgres", owned, "migrates"],
          message: "is true, but the service has no `migrate` command",
        },
      ];
    }
    return [];
  });

const platformEnv =
  /^(HOST|PORT|INTERNAL_PORT|SERVICE_NAME|SERVICE_INSTANCE|STOP_TIMEOUT_SECONDS|PUBLIC_URL|PLATFORM_URL|NODE_ENV|NODE_EXTRA_CA_CERTS|OTEL_EXPORTER_OTLP_ENDPOINT|OTEL_TRACES_SAMPLER(_ARG)?|SMTP_URL|MAIL_FROM|(POSTGRES|REDIS|S3|MINDSDB)_.*)$/;

/** The environment the platform gives is not overwritten by hand, and nothing is given twice. */
export const envIsFree: Rule = ({ specs }) =>
  Object.entries(specs.services ?? {}).flatMap(([name, { env, keys }]) => {
    const found = (section: "env" | "keys", key: string, message: string) => ({
      path: ["services", name, section, key],
      onKey: true,
      message,
    });
    const taken = (section: "env" | "keys", names: string[]) =>
      names
        .filter((key) => platformEnv.test(key))
        .map((key) => found(section, key, "is set by the platform; remove it"));
    const twice = Object.keys(keys)
      .filter((key) => key in env)
      .map((key) => found("keys", key, "is in `env` too; keep one"));
    return [...taken("env", Object.keys(env)), ...taken("keys", Object.keys(keys)), ...twice];
  });
