import type { AccountServices } from "./services.ts";

/**
 * Runs `work`, which replaces what somebody signs in with, and signs out whoever is signed in, but for the session `except`. Signed out
 * first: if that cannot be done now, nothing is, and it can be tried again. And once more for whoever came in between.
 */
export async function signingOut<T>(
  { sessions, logger }: Pick<AccountServices, "sessions" | "logger">,
  { userId, except }: { userId: string; except?: string },
  work: () => Promise<T>,
): Promise<T> {
  const options = except === undefined ? {} : { except };
  await sessions.endAll(userId, options);
  const result = await work();
  try {
    await sessions.endAll(userId, options);
  } catch (error) {
    logger.error({ err: error, userId }, "cannot sign out for a second time after a password changed");
  }
  return result;
}
