import { Problem } from "@purlin/kit/problems";
import type { Request, Response } from "express";
import { z } from "zod";
import { acceptInvitation, findInvitation } from "../../access/invitations.ts";
import { findUser } from "../../accounts/users.ts";
import { requireForm, tokenField, tokenOf } from "../forms.ts";
import { html } from "../html.ts";
import { linkOver, PageProblem } from "../page-problem.ts";
import { show, type PageServices } from "../services.ts";
import { rememberInvitation } from "../way-back.ts";

/** The link of the mail: nothing happens yet. Whoever is not signed in does that first, and comes back here by itself. */
export async function showInvitation(services: PageServices, request: Request, response: Response): Promise<void> {
  const { accounts, interactions, sessions, site } = services;
  const token = tokenOf(request);
  const invitation = await findInvitation(accounts, token);
  if (!invitation) throw linkOver();
  const session = await sessions.current(request, response);
  const user = session && (await findUser(accounts.db.readPrimary, session.accountId));
  if (!user) rememberInvitation(services, response, token);
  const next = user
    ? html`<p>You are signed in as <strong>${user.email ?? user.displayName}</strong>.</p>
        <form method="post" action="${site.href("/invitation")}">
          <input type="hidden" name="token" value="${token}" />
          <button type="submit">Accept</button>
        </form>`
    : html`<p>Sign in, or sign up with the address the mail went to. Then you come back here.</p>
        <a class="button" href="${interactions.signInUrl()}">Go on</a>`;
  const content = html`
    <p>
      <strong>${invitation.inviter}</strong> invites you to work with <strong>${invitation.organisation}</strong>, as
      ${invitation.role}.
    </p>
    ${next}
  `;
  show(services, response, { title: "You are invited", content });
}

const form = z.object({ token: tokenField });

export async function submitInvitation(services: PageServices, request: Request, response: Response): Promise<void> {
  const { token } = requireForm(form, request);
  const session = await services.sessions.current(request, response);
  if (!session) {
    rememberInvitation(services, response, token);
    response.redirect(303, services.interactions.signInUrl());
    return;
  }
  const invitation = await findInvitation(services.accounts, token);
  try {
    await acceptInvitation(services.accounts, session.accountId, token);
  } catch (error) {
    throw error instanceof Problem ? refusal(error) : error;
  }
  const content = html`
    <p>You are a member of <strong>${invitation?.organisation ?? "the organisation"}</strong> now.</p>
    <a class="button" href="${services.site.href("/account")}">Go to your account</a>
  `;
  show(services, response, { title: "Welcome", content });
}

function refusal(problem: Problem): Problem {
  switch (problem.code) {
    case "not_found":
      return new PageProblem("not_found", "This invitation went to another address than yours, or is no longer good.");
    case "conflict":
      return new PageProblem("conflict", "You are a member already.");
    default:
      return problem;
  }
}
