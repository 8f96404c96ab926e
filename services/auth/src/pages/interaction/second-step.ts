import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { recordSignIn } from "../../accounts/journal.ts";
import { useRecoveryCode } from "../../accounts/recovery-codes.ts";
import { admitUser } from "../../accounts/sign-in.ts";
import { findStep, forgetStep, type Step } from "../../accounts/steps.ts";
import { verifyTotp } from "../../accounts/totp.ts";
import { findUser } from "../../accounts/users.ts";
import { readForm } from "../forms.ts";
import type { PageServices } from "../services.ts";
import type { InteractionRequest } from "./context.ts";
import { secondStepPage } from "./second-step-page.ts";
import { finish, later } from "./sign-in.ts";

/** The page that asks for a recovery code. */
export async function showRecovery(services: PageServices, context: InteractionRequest): Promise<void> {
  await requireStep(services, context);
  context.show(secondStepPage({ href: context.href, kind: "recovery" }));
}

const codeForm = z.object({ code: z.string().min(1).max(100) });

/** A code of the authenticator app, or a recovery code, is typed in. */
export function submitCode(kind: "totp" | "recovery") {
  const [verify, method] =
    kind === "totp" ? ([verifyTotp, "totp"] as const) : ([useRecoveryCode, "recovery-code"] as const);
  return async (services: PageServices, context: InteractionRequest): Promise<void> => {
    const { accounts } = services;
    const { userId, remember } = await requireStep(services, context);
    const refuse = (problem: string, status: number) =>
      context.show(secondStepPage({ href: context.href, kind, problem }), status);
    const form = readForm(codeForm, context.request);
    try {
      if (!form.ok || !(await verify(accounts, userId, form.data.code))) {
        await recordSignIn(accounts, { method, result: "failure", userId });
        refuse("This code is not right, or was used already.", 422);
        return;
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      accounts.metrics.signIn(method, "throttled");
      context.response.set(error.options.headers ?? {});
      refuse(later(error, "use a passkey"), error.status);
      return;
    }
    const user = await findUser(accounts.db.readPrimary, userId);
    if (!user || !(await admitUser(accounts, user, method))) throw new Problem("forbidden");
    await forgetStep(accounts.db.readPrimary, context.interaction.uid);
    await finish(services, context, user, { methods: ["pwd", "otp", "mfa"], remember });
  };
}

/** Back to the beginning: somebody else, or another account. */
export async function restart(
  services: PageServices,
  { interaction, response, href }: InteractionRequest,
): Promise<void> {
  await forgetStep(services.accounts.db.readPrimary, interaction.uid);
  response.redirect(303, href());
}

/** Who typed in the right password in this interaction. */
async function requireStep({ accounts }: PageServices, { interaction }: InteractionRequest): Promise<Step> {
  const step = await findStep(accounts.db.readPrimary, interaction.uid);
  if (!step) throw new Problem("gone");
  return step;
}
