import { problemFrom, type ProblemCode } from "@purlin/kit/problems";
import type { Logger } from "@purlin/kit/logger";
import { requestContext } from "@purlin/kit/request-context";
import type { ErrorRequestHandler } from "express";
import { html } from "./html.ts";
import { PageProblem } from "./page-problem.ts";
import { show, type PageServices } from "./services.ts";

/** What a person is told, by problem. What is not here went wrong on our side. */
const texts: Partial<Record<ProblemCode, { title: string; text: string }>> = {
  gone: {
    title: "This page is over",
    text: "It has expired, was used already, or was begun in another browser. Go back to where you came from and start again.",
  },
  forbidden: { title: "That is not allowed", text: "The request was refused. Go back and try again." },
  invalid_request: { title: "That was not right", text: "The form could not be read. Go back and try again." },
  not_found: { title: "There is nothing here", text: "The address may be mistyped." },
  too_many_requests: { title: "That was too often", text: "There were too many attempts. Wait a while and try again." },
  unavailable: { title: "Not at the moment", text: "This does not work right now. Try again in a few seconds." },
};

const ours = { title: "Something went wrong", text: "The mistake is on our side. Try again in a minute." };

/** Errors of pages, as pages. A problem's detail is for developers, and left out. */
export function answerErrorPage(services: PageServices, logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = problemFrom(error);
    if (problem.status >= 500) logger.error({ err: problem.cause ?? problem }, "request failed");
    response.set(problem.options.headers ?? {});
    const { title, text } = texts[problem.code] ?? ours;
    const content = html`
      <p>${problem instanceof PageProblem ? problem.text : text}</p>
      <ul class="links">
        <li><a href="${services.site.href("/account")}">Go to your account</a></li>
      </ul>
      <p><small>Request ${requestContext.getStore()?.requestId}</small></p>
    `;
    show(services, response, { title, content }, { status: problem.status });
  };
}
