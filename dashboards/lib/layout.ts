import type { GridPos } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Signal } from "./signal.ts";

const gridWidth = 24;

const sizes = {
  stat: { w: 6, h: 5 },
  lines: { w: 12, h: 8 },
  stacked: { w: 12, h: 8 },
  states: { w: 12, h: 6 },
  table: { w: 12, h: 8 },
} as const satisfies Record<Signal["show"], Pick<GridPos, "w" | "h">>;

export interface Place {
  signal: Signal;
  at: GridPos;
}

/**
 * Places the panels of one row from left to right, breaking lines at the grid's 24 columns, from line `top` on.
 * The SDK's own layout breaks a line only after it has overflowed.
 */
export function layout(signals: readonly Signal[], top: number): { places: Place[]; bottom: number } {
  let x = 0;
  let y = top;
  let bottom = top;
  const places = signals.map((signal) => {
    const { w, h } = sizes[signal.show];
    if (x + w > gridWidth) {
      x = 0;
      y = bottom;
    }
    const at = { x, y, w, h };
    x += w;
    bottom = Math.max(bottom, y + h);
    return { signal, at };
  });
  return { places, bottom };
}
