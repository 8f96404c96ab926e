/** Name of the queue of a bare contestant. */
export function bareQueue(effect: boolean): string {
  return effect ? "bench-effect" : "bench-nothing";
}
