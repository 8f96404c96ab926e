import { audit, type AuditEntry } from "@purlin/kit/audit";
import { requestContext } from "@purlin/kit/request-context";
import type { SignInMethod, SignInResult } from "./metrics.ts";
import type { AccountServices } from "./services.ts";

type Journal = Pick<AccountServices, "db" | "app" | "logger" | "metrics">;

/**
 * Writes down that somebody tried to sign in: in the account's own history, in the audit log, in the figures. Takes the same steps
 * whether the account is known or not.
 */
export async function recordSignIn(
  journal: Journal,
  attempt: { method: SignInMethod; result: SignInResult; userId: string | undefined },
): Promise<void> {
  const { method, result, userId } = attempt;
  journal.metrics.signIn(method, result);
  const request = requestContext.getStore();
  await Promise.all([
    journal.db.readPrimary(
      "INSERT INTO sign_in_attempts (user_id, method, result, address, user_agent) VALUES ($1, $2, $3, $4, $5)",
      [userId ?? null, method, result, request?.address ?? null, request?.userAgent ?? null],
    ),
    record(journal, {
      action: result === "failure" || result === "throttled" ? "session.refused" : "session.started",
      userId,
      details: { method, result },
    }),
  ]);
}

/** Writes to the audit log what happened to an account. It happened already, so a log that cannot be written is only told to the operators. */
export async function record(
  { app, logger }: Pick<Journal, "app" | "logger">,
  { userId, ...entry }: Pick<AuditEntry, "action" | "details"> & { userId: string | undefined },
): Promise<void> {
  try {
    await audit(app.readPrimary, { ...entry, actorId: userId, targetType: "user", targetId: userId }); // one statement is a transaction
  } catch (error) {
    logger.error({ err: error, audit: { ...entry, userId } }, "cannot write to the audit log");
  }
}

/** A past attempt, for the account's owner. */
export interface PastSignIn {
  method: string;
  result: string;
  address: string | undefined;
  at: Date;
}

/** The latest attempts at the account, newest first. */
export async function recentSignIns({ db }: Pick<Journal, "db">, userId: string): Promise<PastSignIn[]> {
  const rows = await db.readPrimary<{ method: string; result: string; address: string | null; at: Date }>(
    "SELECT method, result, host(address) AS address, at FROM sign_in_attempts WHERE user_id = $1 ORDER BY id DESC LIMIT 10",
    [userId],
  );
  return rows.map((row) => ({ ...row, address: row.address ?? undefined }));
}
