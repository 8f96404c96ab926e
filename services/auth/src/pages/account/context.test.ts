import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageCookie } from "../cookies.ts";
import { loadAssets } from "../assets.ts";
import { html } from "../html.ts";
import { takeWayBack } from "../way-back.ts";
import { signedIn, type SignedInServices } from "./context.ts";

/** Minutes since the person last proved who they are; undefined: nobody is signed in. */
let signedInFor: number | undefined;

const row = { id: "a", email: "ada@example.com", display_name: "Ada" };
const unused = () => Promise.reject(new Error("not used"));

const services: SignedInServices = {
  site: { brand: "Purlin", href: (path) => `/auth${path}`, assets: loadAssets() },
  sessions: {
    current: () =>
      Promise.resolve(
        signedInFor === undefined
          ? undefined
          : { id: "s", accountId: "a", signedInAt: new Date(Date.now() - signedInFor * 60_000) },
      ),
    list: unused,
    end: unused,
    endAll: unused,
  },
  interactions: { signInUrl: ({ maxAge } = {}) => `/auth/authorize?max_age=${maxAge ?? ""}` },
  returnCookie: pageCookie("__Secure-return", "https://platform.test/auth"),
  accounts: { db: { ...database(), readPrimary: <R>() => Promise.resolve([row] as R[]) } },
};

function database() {
  return { write: unused, read: unused, checkPrimary: unused, checkReplicas: unused, close: unused };
}

const app = express();
const page = { title: "Here", content: html`<p>Here</p>` };
app.get(
  "/account",
  signedIn(services, (context) => {
    const back = takeWayBack(services, context.request, context.response);
    if (back === undefined) context.show(page);
    else context.response.redirect(303, services.site.href(back));
    return Promise.resolve();
  }),
);
app.get(
  "/account/password",
  signedIn(
    services,
    ({ show }) => {
      show(page);
      return Promise.resolve();
    },
    "password",
  ),
);
const server = app.listen(0, "127.0.0.1");

beforeAll(() => (server.listening ? undefined : once(server, "listening")));
afterAll(() => void server.close());

function get(path: string, cookie = "") {
  const { port } = server.address() as AddressInfo;
  return fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual", headers: { cookie } });
}

test("whoever is not signed in is sent to where they can", async () => {
  signedInFor = undefined;
  expect((await get("/account")).headers.get("location")).toBe("/auth/authorize?max_age=");
});

test("what proves who somebody is can be changed for ten minutes after they proved it, and then once they did again", async () => {
  signedInFor = 9;
  expect((await get("/account/password")).status).toBe(200);
  signedInFor = 11;
  expect((await get("/account")).status).toBe(200);
  const sent = await get("/account/password");
  expect(sent.status).toBe(303);
  expect(sent.headers.get("location")).toBe("/auth/authorize?max_age=600");
  const [cookie = ""] = sent.headers.getSetCookie();
  expect(cookie).toMatch(/^__Secure-return=password; Max-Age=900; Path=\/auth; .*HttpOnly; Secure; SameSite=Lax$/);
  signedInFor = 0;
  const back = await get("/account", cookie.split(";")[0]);
  expect(back.headers.get("location")).toBe("/auth/account/password");
  expect(back.headers.getSetCookie()[0]).toMatch(/^__Secure-return=;/);
});

test("an invitation waits for who has to sign in first", async () => {
  signedInFor = 0;
  const back = await get("/account", "__Secure-return=invitation.a-token_1");
  expect(back.headers.get("location")).toBe("/auth/invitation?token=a-token_1");
});

test("a way back that is none of ours leads nowhere", async () => {
  signedInFor = 0;
  for (const wanted of ["//evil.test", "..%2F..%2Fevil", "sessions", "invitation.a/../b", "invitation.a&b"]) {
    expect((await get("/account", `__Secure-return=${wanted}`)).status).toBe(200);
  }
});
