import type { Component, ComponentKind } from "./component.ts";

/** A component whose schema is there and whose building is not. */
export function pending<K extends ComponentKind>(
  kind: K,
  part: Pick<Component<K>, "spec" | "claims"> & Partial<Component<K>>,
): Component<K> {
  const build = () => {
    throw new Error(`${kind} is not built yet`);
  };
  return {
    kind,
    summary: kind,
    needs: () => [],
    after: [],
    on: { local: build, kubernetes: build, aws: build },
    env: () => ({}),
    ...part,
  };
}
