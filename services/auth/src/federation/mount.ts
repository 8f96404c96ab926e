import type { Express, Request } from "express";
import type { Logger } from "@purlin/kit/logger";
import { Problem } from "@purlin/kit/problems";
import type { Interactions } from "../oidc/interactions.ts";
import type { Federation } from "./federation.ts";

export interface FederationPages {
  federation: Federation;
  interactions: Interactions;
  issuer: string;
  logger: Logger;
  /** Takes note of a sign-in; false when the account must not have it. */
  admit: (accountId: string) => Promise<boolean>;
  /** Takes note that somebody could not sign in. */
  refused: () => Promise<void>;
}

/**
 * The way to an external provider and back. A provider's redirect URI does not get the cookie of the interaction, whose path is the
 * interaction's; so it sends the browser on to there, with what it came with, and the cookie shows that it is the
 * browser that left. Who is on the way to link an identity goes on to the account's page for that, where its session shows it.
 */
export function mountFederation(
  app: Express,
  { federation, interactions, issuer, logger, admit, refused }: FederationPages,
): void {
  app.get("/interaction/:uid/federation/:provider/start", async (request, response) => {
    const { uid } = await interactions.details(request, response);
    response.redirect(303, (await federation.begin({ interactionUid: uid, providerId: request.params.provider })).href);
  });

  app.get("/federation/:provider/callback", async (request, response) => {
    const { searchParams, search } = new URL(request.originalUrl, issuer);
    const flow = await federation.flowOf(searchParams.get("state") ?? undefined);
    const provider = encodeURIComponent(request.params.provider);
    const page =
      "sessionId" in flow
        ? `/account/identities/${provider}/linked`
        : `/interaction/${flow.interactionUid}/federation/${provider}`;
    response.setHeader("referrer-policy", "no-referrer");
    response.redirect(303, issuer + page + search);
  });

  app.get("/interaction/:uid/federation/:provider", async (request, response) => {
    const interaction = await interactions.details(request, response);
    const { uid } = interaction;
    const page = `${issuer}/interaction/${uid}`;
    try {
      const outcome = await federation.finish(
        uid,
        request.params.provider,
        callbackOf(request, request.params.provider, issuer),
      );
      if (outcome.kind === "sign-in-first") response.redirect(303, page);
      else if (!(await admit(outcome.accountId))) response.redirect(303, `${page}?notice=external-failed`);
      else
        await interactions.signIn(request, response, interaction, { accountId: outcome.accountId, methods: ["fed"] });
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      await refused();
      const cause = error.options.cause ?? error;
      logger.warn({ err: cause, provider: request.params.provider }, "an external sign-in failed");
      response.redirect(303, `${page}?notice=external-failed`);
    }
  });
}

/** The address the provider sent the browser to; it must be the redirect URI to the letter. */
export function callbackOf(request: Pick<Request, "originalUrl">, provider: string, issuer: string): URL {
  const callback = new URL(`${issuer}/federation/${encodeURIComponent(provider)}/callback`);
  callback.search = new URL(request.originalUrl, issuer).search;
  return callback;
}
