import { PurlinError } from "../../errors/purlin-error.ts";
import type { MindsdbSpec } from "../components/mindsdb/outputs.ts";
import type { MonitoringSpec } from "../components/monitoring/outputs.ts";
import type { ServicesSpec } from "../components/services/outputs.ts";
import type { Blueprint } from "./blueprint.ts";
import { type Path, showPath } from "./problem.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The blueprint with every `${env:NAME}` (the mail server, the language model's key, webhooks, the receiver of traces, services' env) replaced by that variable of `env`. What comes out
 * holds secrets: it is for the program, never for printing. Throws ENV_MISSING, naming all that are missing.
 *
 * @param onSecret hears every value that was read, so that it can be kept out of messages
 */
export function withEnvironment(
  blueprint: Blueprint,
  env: Environment,
  onSecret: (value: string) => void = () => undefined,
): Blueprint {
  const missing: { path: string; name: string }[] = [];
  const read = (text: string, path: Path): string => {
    const name = /^\$\{env:(\w+)\}$/.exec(text)?.[1];
    if (name === undefined) return text;
    const value = env[name];
    if (value === undefined || value === "") missing.push({ path: showPath(path), name });
    else onSecret(value);
    return value ?? "";
  };
  const { mail, mindsdb, monitoring, services } = blueprint.components;
  const components = {
    ...blueprint.components,
    ...(mail?.smtp !== undefined && { mail: { ...mail, smtp: read(mail.smtp, ["mail", "smtp"]) } }),
    ...(mindsdb && { mindsdb: readMindsdb(mindsdb, read) }),
    ...(monitoring && { monitoring: readMonitoring(monitoring, read) }),
    ...(services && { services: readServices(services, read) }),
  };
  if (missing.length > 0) throw new PurlinError("ENV_MISSING", { file: blueprint.file, missing });
  return { ...blueprint, components };
}

type Read = (text: string, path: Path) => string;

function readMindsdb(spec: MindsdbSpec, read: Read): MindsdbSpec {
  const { llm } = spec;
  if (llm?.apiKey === undefined) return spec;
  return { ...spec, llm: { ...llm, apiKey: read(llm.apiKey, ["mindsdb", "llm", "apiKey"]) } };
}

function readMonitoring(spec: MonitoringSpec, read: Read): MonitoringSpec {
  const receivers = mapEntries(spec.alerts.receivers, (receiver, name) => ({
    webhook: read(receiver.webhook, ["monitoring", "alerts", "receivers", name, "webhook"]),
  }));
  const { traces } = spec;
  return {
    ...spec,
    ...(traces && { traces: { ...traces, endpoint: read(traces.endpoint, ["monitoring", "traces", "endpoint"]) } }),
    alerts: { ...spec.alerts, receivers },
  };
}

function readServices(services: ServicesSpec, read: Read): ServicesSpec {
  return mapEntries(services, (service, name) => ({
    ...service,
    env: mapEntries(service.env, (text, variable) => read(text, ["services", name, "env", variable])),
  }));
}

function mapEntries<V>(values: Record<string, V>, change: (value: V, key: string) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
