import type { Claims, Need } from "../component.ts";
import type { ServiceSpec, ServicesSpec } from "./outputs.ts";

/** One edge for every claim of every service; the service's name is the consumer. */
export function serviceNeeds(services: ServicesSpec): Need[] {
  return Object.entries(services).flatMap(([consumer, { needs }]) =>
    neededKinds(needs).flatMap((on) => (needs[on] ?? []).map((claim) => edge(consumer, on, claim))),
  );
}

/** The kinds a service claims something of. */
export function neededKinds(needs: ServiceSpec["needs"]): (keyof Claims)[] {
  const kinds = Object.keys(needs) as (keyof Claims)[]; // the blueprint's schema lets no other key in
  return kinds.filter((kind) => needs[kind]?.length);
}

function edge(consumer: string, on: keyof Claims, claim: Claims[keyof Claims]): Need {
  return { consumer, on, ...claim } as Need; // TypeScript loses that `claim` came from under `on`
}
