import type { Blueprint } from "./blueprint/blueprint.ts";
import type { BuildInput, Built, BuiltComponents, Component, ComponentKind, Outputs } from "./components/component.ts";
import { components, kinds } from "./components/index.ts";
import { allNeeds, consumersOf } from "./graph/needs.ts";
import { startOrder } from "./graph/order.ts";
import type { Target } from "./targets/target.ts";

/**
 * The Pulumi program: registers every resource of a platform on a target, and returns the outputs by component.
 * Components are built in start order. Each is given its section of the blueprint, its consumers and what was built
 * before it, and gives back its outputs, its readiness, its routes and where its metrics are.
 */
export function program({ components: specs }: Blueprint, target: Target): Partial<Outputs> {
  const needs = allNeeds(specs);
  const front = specs.gateway && components.gateway.front?.(target, specs.gateway);
  const built: BuiltComponents = {};
  const outputs: Partial<Outputs> = {};

  const build = <K extends ComponentKind>(kind: K) => {
    const spec = specs[kind];
    if (spec === undefined) return;
    const result = on(target, components[kind], { spec, consumers: consumersOf(kind, needs), built, envOf, front });
    Object.assign(built, { [kind]: result });
    Object.assign(outputs, { [kind]: result.outputs });
  };

  const envOf: BuildInput<ComponentKind>["envOf"] = (consumer, purpose) => {
    const own = needs.filter((need) => need.consumer === consumer);
    const common = <K extends ComponentKind>(kind: K) => {
      const spec = specs[kind];
      return spec === undefined ? [] : Object.entries(components[kind].commonEnv?.(target, spec) ?? {});
    };
    const env = <K extends ComponentKind>(kind: K) => {
      const needed = consumersOf(kind, own);
      const from = needed.length > 0 ? outputs[kind] : undefined;
      return from === undefined ? [] : Object.entries(components[kind].env(from, needed, purpose));
    };
    return Object.fromEntries([...kinds.flatMap(common), ...kinds.flatMap(env)]);
  };

  for (const kind of startOrder(specs)) build(kind);
  return outputs;
}

function on<K extends ComponentKind>(target: Target, component: Component<K>, input: BuildInput<K>): Built<K> {
  switch (target.kind) {
    case "local":
      return component.on.local(target, input);
    case "kubernetes":
      return component.on.kubernetes(target, input);
    case "aws":
      return component.on.aws(target, input);
  }
}
