import { unlimited } from "../../tests/services/api-subject.ts";
import { startWorld, type World } from "../../tests/services/api-data-world.ts";
import { startInstance } from "./process.ts";

/** The API on a primary, a replica, Redis and storage of its own, with everything it does to a request. */
export interface ApiUnderLoad extends AsyncDisposable {
  world: World;
  url: string;
}

export async function startApi(): Promise<ApiUnderLoad> {
  const release = new AsyncDisposableStack();
  // more requests than anybody is allowed are what a bench is about: they are counted, and none is refused
  const world = release.use(await startWorld({ RATE_LIMITS: unlimited, CLEAN_UP_SECONDS: "60" }));
  await world.api.stop(); // this process would read its log
  const { url } = release.use(await startInstance("api", "api-1", world.env));
  return { world, url, [Symbol.asyncDispose]: () => release.disposeAsync() };
}
