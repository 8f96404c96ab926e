import { Problem, type ProblemCode } from "@purlin/kit/problems";

/** A problem with a sentence for the person in front of the page; others are told in the words of error-page.ts. */
export class PageProblem extends Problem {
  readonly text: string;

  constructor(code: ProblemCode, text: string) {
    super(code);
    this.text = text;
  }
}

/** A link of a mail that is unknown, used, or too old: which, nobody is told. */
export function linkOver(): PageProblem {
  return new PageProblem(
    "gone",
    "This link is no longer good. Each works once, and only for a while. Ask for another.",
  );
}
