import { describe, expect, test } from "vitest";
import { clientMetadata, clientSettings, createClients } from "./clients.ts";

const issuer = "https://localhost:8443/auth";
const create = (...settings: object[]) =>
  createClients(
    "https://localhost:8443/",
    issuer,
    settings.map((one) => clientSettings.parse(one)),
  );

describe("clients", () => {
  test("of the platform are there without any settings, public, and only at its own addresses", () => {
    const clients = create();
    expect([...clients.keys()]).toEqual(["web", "mobile", "desktop", "cli", "account"]);
    expect(clients.get("web")?.redirectUris).toEqual(["https://localhost:8443/callback"]);
    for (const client of clients.values()) {
      expect(clientMetadata(client).token_endpoint_auth_method).toBe("none");
      expect(client.redirectUris.join()).not.toContain("*");
    }
  });

  test("of the settings may take the place of the platform's", () => {
    const clients = create({
      id: "web",
      name: "Ours",
      firstParty: true,
      redirectUris: ["https://www.example.com/callback"],
    });
    expect(clients.get("web")?.redirectUris).toEqual(["https://www.example.com/callback"]);
    expect(clients.size).toBe(5);
  });

  test("of somebody else's may ask who somebody is, and nothing of the API that the settings do not give them", () => {
    const clients = create(
      { id: "partner", name: "P", redirectUris: ["https://p.test/"] },
      { id: "reader", name: "R", redirectUris: ["https://r.test/"], scopes: ["openid", "task:read"] },
    );
    expect([...(clients.get("partner")?.scopes ?? [])]).toEqual(["openid", "profile", "email", "offline_access"]);
    expect(clients.get("reader")?.scopes.has("platform")).toBe(false);
    expect(clients.get("web")?.scopes.has("platform")).toBe(true);
  });

  test("have the grant types they need, and never the password or implicit ones", () => {
    const grants = Object.fromEntries(
      [...create().values()].map((client) => [client.id, clientMetadata(client).grant_types]),
    );
    expect(grants["web"]).toEqual(["authorization_code", "refresh_token"]);
    expect(grants["cli"]).toEqual([
      "authorization_code",
      "refresh_token",
      "urn:ietf:params:oauth:grant-type:device_code",
    ]);
  });

  test("that are for signing in alone get no code, and so no token", () => {
    const account = create().get("account");
    expect(account && clientMetadata(account).response_types).toEqual(["none"]);
  });
});
