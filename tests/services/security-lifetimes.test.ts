import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lifetimes } from "../../services/auth/src/oidc/lifetimes.ts";

/* How long sessions and tokens live (OWASP ASVS 5.0, 7.3 and 10.4): services/auth/README.md gives the figures. */
const day = 86_400;

beforeEach(() => void vi.useFakeTimers({ now: new Date("2030-01-01T00:00:00Z") }));
afterEach(() => void vi.useRealTimers());

type Ttl = (context: never, object: never, client: never) => number;

/** Seconds something lives on that is used now, when it began `age` seconds ago. */
function left(model: "Session" | "RefreshToken", age: number): number {
  const since = Math.floor(Date.now() / 1000) - age;
  const ttl: Ttl = lifetimes[model];
  return ttl({} as never, { loginTs: since, iiat: since } as never, {} as never);
}

describe.each([
  ["Session", 14 * day, 30 * day],
  ["RefreshToken", 14 * day, 90 * day],
] as const)("%s", (model, idle, absolute) => {
  test("that is not used ends after the idle limit", () => {
    expect(left(model, 0)).toBe(idle);
    expect(left(model, absolute - idle)).toBe(idle);
  });

  test("that is used all the time ends at the absolute limit, however often it is renewed", () => {
    expect(left(model, absolute - idle + 100)).toBe(idle - 100);
    expect(left(model, absolute - 60)).toBe(60);
    expect(left(model, absolute + 60)).toBe(1);
  });
});

test("what passes through browsers and programs is short-lived", () => {
  const { AccessToken, ClientCredentials, IdToken, AuthorizationCode, DeviceCode, Interaction } = lifetimes;
  expect({ AccessToken, ClientCredentials, IdToken, AuthorizationCode, DeviceCode, Interaction }).toEqual({
    AccessToken: 300,
    ClientCredentials: 300,
    IdToken: 300,
    AuthorizationCode: 60,
    DeviceCode: 600,
    Interaction: 3600,
  });
});
