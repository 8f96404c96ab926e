import { Problem } from "@purlin/kit/problems";
import type { Request, RequestHandler, Response } from "express";
import type { PendingInteraction } from "../../oidc/interactions.ts";
import type { PageContent } from "../layout.ts";
import { show, type PageServices } from "../services.ts";

/** A request in an interaction of the provider, whose cookie was found to be right. */
export interface InteractionRequest {
  request: Request;
  response: Response;
  interaction: PendingInteraction;
  /** Address of a page of this interaction: `/password`. */
  href: (path?: string) => string;
  /** Answers with a page whose forms may lead to where the client wants to have the browser. */
  show: (page: PageContent, status?: number) => void;
}

/** Runs `handle` for the interaction in the path. @throws Problem gone when it is not this browser's, or over */
export function inInteraction(
  services: PageServices,
  handle: (context: InteractionRequest) => Promise<void>,
): RequestHandler<{ uid: string }> {
  return async (request, response) => {
    const interaction = await services.interactions.details(request, response);
    if (interaction.uid !== request.params.uid) throw new Problem("gone");
    await handle({
      request,
      response,
      interaction,
      href: (path = "") => services.site.href(`/interaction/${interaction.uid}${path}`),
      show: (page, status = 200) => show(services, response, page, { status, formTargets: interaction.formTargets }),
    });
  };
}
