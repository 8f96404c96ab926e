import { askPlain } from "./client.ts";

interface QueryAnswer {
  status: string;
  error?: string;
  data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

/** Series an instant query returns; throws when Prometheus refuses the expression. */
export async function query(prometheus: string, expr: string) {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(expr)}`;
  const answer = (await askPlain(url)).json<QueryAnswer>();
  if (answer.status !== "success" || answer.data === undefined)
    throw new Error(`${expr}: ${answer.error ?? "no answer"}`);
  return answer.data.result;
}

/** Asks until the query returns something, at most `seconds`; then what it last returned. */
export async function queryUntil(prometheus: string, expr: string, seconds: number) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await query(prometheus, expr);
    if (result.length > 0 || Date.now() > end) return result;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
