/** A value of the blueprint as an error repeats it: short, on one line, containers by their kind. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length <= 60 ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, 56)).slice(0, -1)}..."`;
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return value === null || value === undefined ? "nothing" : Array.isArray(value) ? "a list" : "a mapping";
  }
}
