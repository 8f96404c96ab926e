import { randomBytes } from "node:crypto";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { deviceLifetime, issueDevice, readDevice } from "../../accounts/devices.ts";
import { emailKey } from "../../accounts/email.ts";
import { admitUser, signInWithPassword } from "../../accounts/sign-in.ts";
import { findStep, forgetStep, saveStep, type Step } from "../../accounts/steps.ts";
import { findUser, type User } from "../../accounts/users.ts";
import type { SignIn } from "../../oidc/interactions.ts";
import { readForm } from "../forms.ts";
import type { PageServices } from "../services.ts";
import { consentPage } from "./consent.ts";
import type { InteractionRequest } from "./context.ts";
import { secondStepPage } from "./second-step-page.ts";
import { signInPage } from "./sign-in-page.ts";

/** The page an interaction is at: consent, the second step, or its beginning. */
export async function showInteraction(services: PageServices, context: InteractionRequest): Promise<void> {
  const { interaction } = context;
  if (interaction.prompt === "consent") {
    context.show(await consentPage(services, context));
    return;
  }
  const step = await findStep(services.accounts.db.readPrimary, interaction.uid);
  if (step?.complete) await goOn(services, context, step);
  else if (step) context.show(secondStepPage({ href: context.href, kind: "totp" }));
  else await showSignIn(services, context);
}

/** The address was confirmed with the password, a moment ago: that was signing in. */
async function goOn(services: PageServices, context: InteractionRequest, step: Step): Promise<void> {
  const user = await findUser(services.accounts.db.readPrimary, step.userId);
  if (!user || !(await admitUser(services.accounts, user, "password"))) throw new Problem("gone");
  await forgetStep(services.accounts.db.readPrimary, context.interaction.uid);
  await finish(services, context, user, { methods: ["pwd"], remember: step.remember });
}

const passwordForm = z.object({
  email: z.string().max(254, "is too long"),
  password: z.string().max(1024, "is too long"),
  remember: z.literal("yes").optional(),
});

/** The password is typed in. */
export async function submitPassword(services: PageServices, context: InteractionRequest): Promise<void> {
  const form = readForm(passwordForm, context.request);
  if (!form.ok) {
    await showSignIn(services, context, { status: 422, email: form.typed["email"], problem: wrong });
    return;
  }
  const { email, password } = form.data;
  const remember = form.data.remember !== undefined;
  const device = readDevice(
    services.accounts.vault,
    emailKey(email) ?? "",
    services.deviceCookie.read(context.request),
  );
  try {
    const outcome = await signInWithPassword(services.accounts, { email, password, device });
    if (outcome.kind === "refused") {
      await showSignIn(services, context, { status: 422, email, problem: wrong });
    } else if (outcome.kind === "second-step") {
      const { uid } = context.interaction;
      await saveStep(services.accounts.db.readPrimary, uid, { userId: outcome.user.id, complete: false, remember });
      context.response.redirect(303, context.href());
    } else {
      await finish(services, context, outcome.user, { methods: ["pwd"], remember });
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    context.response.set(error.options.headers ?? {});
    await showSignIn(services, context, {
      status: error.status,
      email,
      problem: later(error, "use a passkey or choose a new password"),
    });
  }
}

/** Says the same whatever was wrong. */
const wrong = "This address and password do not fit together, or the address is not confirmed yet.";

/** Signing in is over; this browser is known to be the account's from now on. */
export async function finish(
  services: PageServices,
  { request, response, interaction }: InteractionRequest,
  user: User,
  how: Required<Pick<SignIn, "methods" | "remember">>,
): Promise<void> {
  rememberDevice(services, response, user);
  await services.interactions.signIn(request, response, interaction, { accountId: user.id, ...how });
}

function rememberDevice(services: PageServices, response: InteractionRequest["response"], user: User): void {
  const key = user.email === undefined ? undefined : emailKey(user.email);
  if (key === undefined) return;
  const note = issueDevice(services.accounts.vault, key, randomBytes(12).toString("base64url"));
  services.deviceCookie.write(response, note, deviceLifetime);
}

async function showSignIn(
  services: PageServices,
  { request, interaction, href, show }: InteractionRequest,
  { status = 200, ...typed }: { status?: number; email?: string | undefined; problem?: string | undefined } = {},
): Promise<void> {
  const { accountId, pendingLink, client, loginHint } = interaction;
  const known = accountId === undefined ? undefined : await findUser(services.accounts.db.readPrimary, accountId);
  const page = signInPage({
    href,
    forgotHref: services.site.href("/password/forgot"),
    clientName: client.name,
    again: known !== undefined,
    email: typed.email ?? known?.email ?? pendingLink?.email ?? loginHint,
    providers: services.providers,
    notice: pendingLink && linkNotice(pendingLink),
    problem: typed.problem ?? (request.query["notice"] === "external-failed" ? externalFailed : undefined),
  });
  show(page, status);
}

const externalFailed = "That sign-in did not work. Try again, or use another way.";

function linkNotice({ provider, email }: { provider: string; email: string }): string {
  return `${email} has an account here already. Sign in to it once, and from then on ${provider} will do.`;
}

/** What to do when it does not work at the moment. `otherwise`: what works in the meantime. */
export function later(problem: Problem, otherwise: string): string {
  if (problem.code !== "too_many_requests")
    return "Too many people are signing in right now. Try again in a few seconds.";
  const seconds = problem.options.headers?.["retry-after"] ?? "a few";
  return `There were too many attempts. Try again in ${seconds} seconds, or ${otherwise}.`;
}
