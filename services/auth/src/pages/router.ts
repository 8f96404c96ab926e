import type { Logger } from "@purlin/kit/logger";
import express, { Router, type Request, type Response } from "express";
import { signedIn, type AccountRequest } from "./account/context.ts";
import { showDelete, submitDelete } from "./account/delete.ts";
import { showEmail, submitEmail } from "./account/email.ts";
import { beginLink, finishLink, showIdentities, submitUnlink } from "./account/identities.ts";
import { showOverview } from "./account/overview.ts";
import {
  creationOptions,
  showPasskeys,
  submitPasskey as submitNewPasskey,
  submitRemovePasskey,
} from "./account/passkeys.ts";
import { showPassword, submitPassword as submitNewPassword } from "./account/password.ts";
import { submitEndOtherSessions, submitEndSession, submitSignOut } from "./account/sessions.ts";
import { showTotp, submitNewCodes, submitRemoveTotp, submitTotp } from "./account/totp.ts";
import { answerErrorPage } from "./error-page.ts";
import { inInteraction, type InteractionRequest } from "./interaction/context.ts";
import { passkeyOptions, submitPasskey } from "./interaction/passkey.ts";
import { showRegister, submitRegister } from "./interaction/register.ts";
import { restart, showRecovery, submitCode } from "./interaction/second-step.ts";
import { showInteraction, submitPassword } from "./interaction/sign-in.ts";
import { showAgreeToEmail, submitAgreeToEmail } from "./links/agree-to-email.ts";
import { showConfirmRegistration, submitConfirmRegistration } from "./links/confirm-registration.ts";
import { showForgotPassword, submitForgotPassword } from "./links/forgot-password.ts";
import { showInvitation, submitInvitation } from "./links/invitation.ts";
import { showResetPassword, submitResetPassword } from "./links/reset-password.ts";
import { requireSameOrigin } from "./same-origin.ts";
import type { PageServices } from "./services.ts";
import type { Section } from "./way-back.ts";

type Method = "get" | "post";
type InteractionPage = (services: PageServices, context: InteractionRequest) => Promise<void>;
type LinkPage = (services: PageServices, request: Request, response: Response) => Promise<void>;
type AccountPage = (services: PageServices, context: AccountRequest) => Promise<void>;

/** Pages of an interaction of the provider, below `/interaction/:uid`. */
const interactionPages: [Method, string, InteractionPage][] = [
  ["get", "", showInteraction],
  ["post", "/password", submitPassword],
  ["post", "/passkey/options", passkeyOptions],
  ["post", "/passkey", submitPasskey],
  ["post", "/code", submitCode("totp")],
  ["get", "/recovery", showRecovery],
  ["post", "/recovery", submitCode("recovery")],
  ["post", "/restart", restart],
  ["get", "/register", showRegister],
  ["post", "/register", submitRegister],
  ["post", "/consent", ({ interactions }, { request, response }) => interactions.consent(request, response)],
  ["post", "/abort", ({ interactions }, { request, response }) => interactions.abort(request, response)],
];

/** Pages that links in mails lead to, and the one that asks for such a mail. */
const linkPages: [Method, string, LinkPage][] = [
  ["get", "/register/confirm", showConfirmRegistration],
  ["post", "/register/confirm", submitConfirmRegistration],
  ["get", "/password/forgot", showForgotPassword],
  ["post", "/password/forgot", submitForgotPassword],
  ["get", "/password/reset", showResetPassword],
  ["post", "/password/reset", submitResetPassword],
  ["get", "/email/agree", showAgreeToEmail],
  ["post", "/email/agree", submitAgreeToEmail],
  ["get", "/invitation", showInvitation],
  ["post", "/invitation", submitInvitation],
];

/** Pages of one's own account, below `/account`. Those with a section want a recent sign-in. */
const accountPages: [Method, string, AccountPage, Section?][] = [
  ["get", "", showOverview],
  ["get", "/password", showPassword, "password"],
  ["post", "/password", submitNewPassword, "password"],
  ["get", "/email", showEmail, "email"],
  ["post", "/email", submitEmail, "email"],
  ["get", "/passkeys", showPasskeys, "passkeys"],
  ["post", "/passkeys", submitNewPasskey, "passkeys"],
  ["post", "/passkeys/options", creationOptions, "passkeys"],
  ["post", "/passkeys/remove", submitRemovePasskey, "passkeys"],
  ["get", "/totp", showTotp, "totp"],
  ["post", "/totp", submitTotp, "totp"],
  ["post", "/totp/codes", submitNewCodes, "totp"],
  ["post", "/totp/remove", submitRemoveTotp, "totp"],
  ["post", "/sessions/end", submitEndSession],
  ["post", "/sessions/end-others", submitEndOtherSessions],
  ["post", "/sign-out", submitSignOut],
  ["get", "/identities", showIdentities, "identities"],
  ["get", "/identities/:provider/link", beginLink, "identities"],
  ["get", "/identities/:provider/linked", finishLink],
  ["post", "/identities/unlink", submitUnlink, "identities"],
  ["get", "/delete", showDelete, "delete"],
  ["post", "/delete", submitDelete, "delete"],
];

/** A passkey's answer is the largest form there is; RSA keys and attestations stay well below this. */
const formLimit = "64kb";

/** Every page people see that is ours, and the files pages refer to. */
export function createPages(services: PageServices, logger: Logger): Router {
  const router = Router();
  router.get("/assets/:name", services.site.assets.serve);
  const guards = [
    requireSameOrigin(services.accounts.relyingParty.origin),
    express.urlencoded({ extended: false, limit: formLimit }),
  ];
  for (const [method, path, page] of interactionPages) {
    const handle = inInteraction(services, (context) => page(services, context));
    router[method](`/interaction/:uid${path}`, guards, handle);
  }
  for (const [method, path, page] of linkPages) {
    router[method](path, guards, (request: Request, response: Response) => page(services, request, response));
  }
  for (const [method, path, page, section] of accountPages) {
    const handle = signedIn(services, (context) => page(services, context), section);
    router[method](`/account${path}`, guards, handle);
  }
  router.use(
    ["/interaction", "/federation", "/register", "/password", "/email", "/invitation", "/account"],
    answerErrorPage(services, logger),
  );
  return router;
}
