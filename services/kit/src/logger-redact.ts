/*
 * Keeps secrets out of log lines. A line is looked at as it is written, as text: a secret may be at any depth, in an
 * error's cause or in the middle of a sentence, where a list of paths does not find it.
 */
const suspicious =
  /authorization|cookie|passw|secret|token|api[-_]?key|private[-_]?key|credential|verifier|dpop|plk_|eyJ|:\/\/[^\s"/]*@|[?&](?:code|state|key|signature)=|bearer |basic /i;

/** A member whose name says that its value is a secret: text, or a list of texts. */
const members =
  /"([^"\\]*(?:authorization|cookie|passw|secret|token|api[-_]?key|private[-_]?key|credential|verifier|dpop)[^"\\]*)":(?:"(?:[^"\\]|\\.)*"|\["[^\]]*\])/gi;

const values: [RegExp, string][] = [
  [/\bplk_[\w-]{20,}/g, "plk_[redacted]"],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, "[redacted]"],
  [/\b(bearer|dpop|basic) [\w.~+/=-]{8,}/gi, "$1 [redacted]"],
  [/(:\/\/[^\s"/:@]*):[^\s"/@]+@/g, "$1:[redacted]@"],
  [/([?&](?:[\w-]*(?:token|secret|password|signature|verifier)|code|state|key)=)[^&\s"\\#]+/gi, "$1[redacted]"],
];

/** End of the line http.ts writes for each request: its fields are ours (a template, a checked id), and it is the one that must cost nothing. */
const requestLine = '"msg":"request"}\n';

/** The line without what must not be in a log: API keys, tokens, passwords in URLs, and members named like secrets. */
export function redactLine(line: string): string {
  if (line.endsWith(requestLine) || !suspicious.test(line)) return line;
  return values.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    line.replace(members, '"$1":"[redacted]"'),
  );
}
