import type { Input } from "@pulumi/pulumi";
import type { Login } from "../component.ts";

export interface MonitoringSpec {
  /** How long Prometheus keeps samples, Prometheus duration (`15d`). */
  retention: string;
  /** Seconds between scrapes. */
  scrapeInterval: number;
  /** `auto`: run Grafana where it can be had. */
  grafana: "auto" | "off";
  /** Where services send traces; absent: they make none. */
  traces?: TracesSpec | undefined;
  alerts: {
    /** Named webhooks; the URL may be a secret from the environment. */
    receivers: Record<string, { webhook: string }>;
    /** First match wins; alerts nobody routes stay in Alertmanager's own page. */
    routes: { severity?: "page" | "ticket" | "info" | undefined; component?: string | undefined; receiver: string }[];
  };
}

export interface TracesSpec {
  /** Base URL of an OTLP/HTTP receiver. */
  endpoint: string;
  /** Share of traces that are kept, 0 to 1; decided where a trace begins. */
  sampleRatio: number;
}

export interface MonitoringOutputs {
  prometheus: { url: Input<string> };
  alertmanager: { url: Input<string> };
  grafana?: { url: Input<string>; login: Login };
}

declare module "../component.ts" {
  interface Specs {
    monitoring: MonitoringSpec;
  }
  interface Outputs {
    monitoring: MonitoringOutputs;
  }
}
