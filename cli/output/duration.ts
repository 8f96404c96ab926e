/** A duration as people read it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, "min", "s");
  if (whole < 86_400) return pair(Math.round(whole / 60), 60, "h", "min");
  return pair(Math.round(whole / 3600), 24, "d", "h");
}

function pair(amount: number, base: number, large: string, small: string): string {
  const rest = amount % base;
  const first = `${Math.floor(amount / base)} ${large}`;
  return rest === 0 ? first : `${first} ${rest} ${small}`;
}

/** How long ago, from an ISO 8601 time to `now` (milliseconds): `12 s`. */
export function since(iso: string, now: number): string {
  return duration(Math.max(0, Math.round((now - Date.parse(iso)) / 1000)));
}
