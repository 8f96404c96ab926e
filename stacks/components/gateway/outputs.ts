import type { Input } from "@pulumi/pulumi";

export interface GatewaySpec {
  /** Host name of the certificate besides localhost. */
  domain: string;
  /** Fixed ports; absent ones are allocated (8080 and 8443 are tried first). */
  ports: { http?: number | undefined; https?: number | undefined };
  cors: { origins: string[] };
  /** Requests a client address may make: `average` per second over time, `burst` at once. 0 turns it off. */
  rateLimit: { average: number; burst: number };
  /** Largest request body, bytes. */
  maxBody: number;
  /** Attempts on another instance when one cannot be reached. */
  retries: number;
}

interface GatewayOutputs {
  /** https URL that clients reach, no trailing slash. */
  url: Input<string>;
  /** http URL; everything there is redirected to `url`. */
  httpUrl: Input<string>;
  /** PEM file of the authority that signed the certificate. */
  ca: Input<string>;
}

declare module "../component.ts" {
  interface Specs {
    gateway: GatewaySpec;
  }
  interface Outputs {
    gateway: GatewayOutputs;
  }
}
