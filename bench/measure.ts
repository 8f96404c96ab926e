/** What one contestant measured, in the order of the rounds. */
export class Series {
  readonly label: string;
  readonly runs: number[] = [];

  constructor(label: string) {
    this.label = label;
  }

  /** Kept with four significant digits: more would not be seen twice. */
  add(value: number): void {
    this.runs.push(Number(value.toPrecision(4)));
  }

  /** Adds the milliseconds that work takes, if it succeeds. */
  async time<Result>(work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    const result = await work();
    this.add(performance.now() - started);
    return result;
  }
}

/**
 * Runs the contestants in turn, round after round, so that whatever else the machine does weighs on all of them.
 * Every other round goes backwards: nobody is always the one that finds the caches warm.
 */
export async function interleave(rounds: number, contestants: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) await oneMoreTry(contestant);
  }
}

/** Other stacks come and go on a shared machine: one may take a port between its choice and its use. */
async function oneMoreTry(contestant: () => Promise<unknown>): Promise<void> {
  try {
    await contestant();
  } catch (error) {
    console.warn(`once more: ${error instanceof Error ? error.message : String(error)}`);
    await contestant();
  }
}

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return Number(((low + high) / 2).toPrecision(4));
}

/** The smallest value that `share` of the values (0 to 1) do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
