/*
 * A spreadsheet runs what begins like a formula, whoever wrote it (OWASP: CSV injection). An apostrophe in front makes it
 * text. What is read back loses it again, so that exporting and importing changes nothing.
 */
const formula = /^'*[=+\-@\t\r\n＝＋－＠]/;
const guarded = /^''*[=+\-@\t\r\n＝＋－＠]/;

export function guardFormula(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}

export function unguardFormula(text: string): string {
  return guarded.test(text) ? text.slice(1) : text;
}
