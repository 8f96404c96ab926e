import type { Database } from "@purlin/kit/postgres";
import { seal, unseal } from "@purlin/kit/sealed-secret";
import { z } from "zod";
import { digest } from "../oidc/objects.ts";
import type { FlowSecrets } from "./provider-client.ts";

/** A browser's way to an external provider and back: to sign in, in an interaction, or to link an identity, in a session. */
export type Flow = { providerId: string } & ({ interactionUid: string } | { sessionId: string });

/** Flows on their way, found by `state` alone and finished once, by whichever instance the browser comes back to. */
export interface Flows {
  begin: (flow: Flow, secrets: FlowSecrets) => Promise<void>;
  /** Which flow a state belongs to; nothing is used up. */
  find: (state: string) => Promise<Flow | undefined>;
  /** The secrets, once. Undefined for any but the flow's own provider and interaction or session. */
  finish: (state: string, flow: Flow) => Promise<FlowSecrets | undefined>;
}

interface Row {
  provider: string;
  interaction_uid: string | null;
  session_id: string | null;
}

const sealed = z.object({ nonce: z.string(), codeVerifier: z.string() });

export function createFlows(db: Database, key: Buffer): Flows {
  const purpose = (state: string) => `federation/${digest(state).toString("base64url")}`;
  return {
    begin: async (flow, { state, ...secrets }) => {
      await db.write((query) =>
        query(
          `INSERT INTO federation_flows (state_hash, provider, interaction_uid, session_id, secrets, expires_at)
           VALUES ($1, $2, $3, $4, $5, now() + interval '15 minutes')`,
          [digest(state), ...columns(flow), seal(key, purpose(state), JSON.stringify(secrets))],
        ),
      );
    },
    find: async (state) => {
      const [row] = await db.readPrimary<Row>(
        "SELECT provider, interaction_uid, session_id FROM federation_flows WHERE state_hash = $1 AND expires_at > now()",
        [digest(state)],
      );
      return row && toFlow(row);
    },
    finish: async (state, flow) => {
      const { value } = await db.write((query) =>
        query<{ secrets: string }>(
          `DELETE FROM federation_flows
           WHERE state_hash = $1 AND provider = $2 AND interaction_uid IS NOT DISTINCT FROM $3
             AND session_id IS NOT DISTINCT FROM $4 AND expires_at > now() RETURNING secrets`,
          [digest(state), ...columns(flow)],
        ),
      );
      const [row] = value;
      return row && { state, ...sealed.parse(JSON.parse(unseal(key, purpose(state), row.secrets))) };
    },
  };
}

function columns(flow: Flow): [provider: string, interaction: string | null, session: string | null] {
  return "sessionId" in flow ? [flow.providerId, null, flow.sessionId] : [flow.providerId, flow.interactionUid, null];
}

function toFlow({ provider: providerId, interaction_uid: interactionUid, session_id: sessionId }: Row): Flow {
  return sessionId === null ? { providerId, interactionUid: interactionUid ?? "" } : { providerId, sessionId };
}
