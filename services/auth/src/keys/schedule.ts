/** A key and when it is the one in use: from `activeFrom` until the next one's. */
export interface ScheduledKey {
  id: string;
  activeFrom: Date;
}

/** Milliseconds. */
export interface Policy {
  /** How long a key is used. */
  lifetime: number;
  /** How long before its use a key is published: longer than anybody remembers the key set. */
  lead: number;
  /** How long a key stays published after its use: longer than anything signed with it is good for. */
  retention: number;
}

export interface Schedule<K extends ScheduledKey> {
  /** The key in use, then the others that are published. */
  published: K[];
  /** When a key that is still to be made is to be used from. */
  missing: Date | undefined;
  /** Keys that nothing needs any more. */
  expired: K[];
}

/** What has to be done about `keys`, which are all there are, at `now`. */
export function schedule<K extends ScheduledKey>(keys: readonly K[], now: Date, policy: Policy): Schedule<K> {
  const ordered = keys.toSorted((a, b) => a.activeFrom.getTime() - b.activeFrom.getTime());
  const newest = ordered.at(-1);
  const current = ordered.findLast((key) => key.activeFrom <= now) ?? ordered[0];
  const expired = ordered.filter((_, index) => {
    const next = ordered[index + 1];
    return next && next.activeFrom.getTime() + policy.retention <= now.getTime();
  });
  const others = ordered.filter((key) => key !== current && !expired.includes(key));
  return { published: current ? [current, ...others] : [], missing: missing(newest, now, policy), expired };
}

function missing(newest: ScheduledKey | undefined, now: Date, { lifetime, lead }: Policy): Date | undefined {
  if (!newest) return now;
  const due = newest.activeFrom.getTime() + lifetime;
  if (due - lead > now.getTime()) return undefined;
  return new Date(Math.max(due, now.getTime() + lead));
}
