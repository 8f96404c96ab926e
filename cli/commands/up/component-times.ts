import type { Row } from "../../engine/engine.ts";

export interface ComponentTime {
  component: string;
  /** From its first step's start to its last step's end. */
  seconds: number;
}

/** Measures each component from the rows as they pass. Unchanged components are left out. */
export function componentTimer(now: () => number) {
  const spans = new Map<string, { from: number; to: number }>();
  return {
    step({ component, operation }: Row): void {
      if (operation === "same" || operation === "read") return;
      const at = now();
      spans.set(component, { from: spans.get(component)?.from ?? at, to: at });
    },
    /** Slowest first. */
    durations(): ComponentTime[] {
      return [...spans]
        .map(([component, { from, to }]) => ({ component, seconds: (to - from) / 1000 }))
        .sort((a, b) => b.seconds - a.seconds);
    },
  };
}
