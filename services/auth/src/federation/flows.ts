import type { Database } from "@purlin/kit/postgres";
import { seal, unseal } from "@purlin/kit/sealed-secret";
import { z } from "zod";
import { digest } from "../oidc/objects.ts";
import type { FlowSecrets } from "./provider-client.ts";

/** A sign-in that is at an external provider. */
interface Flow {
  interactionUid: string;
  providerId: string;
}

/** Sign-ins on their way, found by `state` alone and finished once, by whichever instance the browser comes back to. */
export interface Flows {
  begin: (flow: Flow, secrets: FlowSecrets) => Promise<void>;
  /** Which interaction a state belongs to; nothing is used up. */
  find: (state: string) => Promise<Flow | undefined>;
  /** The secrets, once. Undefined for any but the flow's own interaction and provider. */
  finish: (state: string, flow: Flow) => Promise<FlowSecrets | undefined>;
}

const sealed = z.object({ nonce: z.string(), codeVerifier: z.string() });

export function createFlows(db: Database, key: Buffer): Flows {
  const purpose = (state: string) => `federation/${digest(state).toString("base64url")}`;
  return {
    begin: async ({ interactionUid, providerId }, { state, ...secrets }) => {
      await db.write((query) =>
        query(
          `INSERT INTO federation_flows (state_hash, interaction_uid, provider, secrets, expires_at)
           VALUES ($1, $2, $3, $4, now() + interval '15 minutes')`,
          [digest(state), interactionUid, providerId, seal(key, purpose(state), JSON.stringify(secrets))],
        ),
      );
    },
    find: async (state) => {
      const [row] = await db.readPrimary<{ interaction_uid: string; provider: string }>(
        "SELECT interaction_uid, provider FROM federation_flows WHERE state_hash = $1 AND expires_at > now()",
        [digest(state)],
      );
      return row && { interactionUid: row.interaction_uid, providerId: row.provider };
    },
    finish: async (state, { interactionUid, providerId }) => {
      const { value } = await db.write((query) =>
        query<{ secrets: string }>(
          `DELETE FROM federation_flows
           WHERE state_hash = $1 AND interaction_uid = $2 AND provider = $3 AND expires_at > now() RETURNING secrets`,
          [digest(state), interactionUid, providerId],
        ),
      );
      const [row] = value;
      return row && { state, ...sealed.parse(JSON.parse(unseal(key, purpose(state), row.secrets))) };
    },
  };
}
