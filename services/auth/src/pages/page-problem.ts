import { Problem, type ProblemCode } from "@purlin/kit/problems";

/** A problem with a sentence for the person in front of the page; others are told in the words of error-page.ts. */
export class PageProblem extends Problem {
  readonly text: string;

  constructor(code: ProblemCode, text: string) {
    super(code);
    this.text = text;
  }
}

/** Says why a way to sign in cannot be taken away when it is the last. */
export async function keepsLastWayIn<T>(removal: Promise<T>): Promise<T> {
  try {
    return await removal;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "conflict") throw error;
    throw new PageProblem("conflict", "You could not sign in any more. Set a password or add a passkey first.");
  }
}

/** A link of a mail that is unknown, used, or too old: which, nobody is told. */
export function linkOver(): PageProblem {
  return new PageProblem(
    "gone",
    "This link is no longer good. Each works once, and only for a while. Ask for another.",
  );
}
