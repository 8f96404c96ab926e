/** Markup that is safe to send. Only `html` makes it. */
export class Html {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Joins literal markup, which is trusted, and values, which are not. */
  static of(literals: readonly string[], values: readonly Value[]): Html {
    return new Html(literals.reduce((text, literal, at) => text + render(values[at - 1]) + literal));
  }
}

/** What may stand in a template. Nothing, false and true leave no trace; a list is joined without separator. */
export type Value = Html | string | number | boolean | undefined | null | readonly Value[];

/**
 * A template whose values are escaped unless they are Html themselves, right for text and for quoted attributes.
 * Never put a value into an unquoted attribute, a `<script>`, a `<style>`, or an address whose scheme a user chose.
 */
export function html(literals: TemplateStringsArray, ...values: Value[]): Html {
  return Html.of(literals, values);
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function render(value: Value): string {
  if (value instanceof Html) return value.text;
  if (value === undefined || value === null || typeof value === "boolean") return "";
  if (typeof value === "object") return value.map(render).join("");
  return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
