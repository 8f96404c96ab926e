/** For `refine` of a PATCH's body: one that changes nothing is a mistake, its sender meant something else. */
export function changesSomething(changes: object): boolean {
  return Object.values(changes).some((value) => value !== undefined);
}
