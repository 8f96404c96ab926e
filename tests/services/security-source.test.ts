import ts from "typescript";
import { expect, test } from "vitest";
import { assets, findings, sources } from "./security-sources.ts";

/* What must not be in the services' source, whoever writes it (OWASP ASVS 5.0, V1, V11, V12, V15). */
test("there is source to look at", () => {
  expect(sources.length).toBeGreaterThan(200);
  expect(assets.length).toBeGreaterThan(0);
});

test("no text becomes code or a command", () => {
  const isCalled = (node: ts.Node, name: string) =>
    (ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression.getText() === name;
  const evaluated = sources.flatMap(({ file, nodes }) =>
    nodes.some((node) => ["eval", "Function"].some((name) => isCalled(node, name))) ? [file] : [],
  );
  expect(evaluated).toEqual([]);
  expect(findings(/from "(node:)?(child_process|vm)"/g)).toEqual([]);
  expect(findings(/\bset(Timeout|Interval)\(["'`]/g)).toEqual([]);
});

test("no pattern is made of what somebody sent", () => {
  const ofNames = ["services/auth/src/oidc/views.ts", "services/worker/src/board/board.ts"]; // of fields and cookies of ours
  expect(findings(/new RegExp\(/g).toSorted()).toEqual(ofNames.map((file) => `${file}: new RegExp(`));
});

test("chance that matters is the system's", () => {
  const pauses = ["attachments/sweep.ts", "jobs/loop.ts", "jobs/runner.ts"]; // how long to wait is no secret
  expect(findings(/Math\.random\(/g).filter((found) => !pauses.some((file) => found.includes(file)))).toEqual([]);
});

test("hashes, ciphers and signatures are of today", () => {
  const hashes = findings(/"(?:md[245]|sha-?\d+|ripemd\d*|blake\w*)"/gi).filter((found) => !found.endsWith('"sha256"'));
  expect(hashes).toEqual([
    'services/auth/src/accounts/breaches.ts: "sha1"', // what is asked who knows breached passwords
    'services/auth/src/accounts/totp.ts: "SHA1"', // of RFC 6238's HMAC: many apps know no other
  ]);
  const ciphers = findings(/create(Cipher|Decipher)iv\(\s*("[^"]+"|\w+)/g);
  expect(ciphers).toHaveLength(2);
  const named = new Set(findings(/"(aes|3?des|rc4|chacha\d*)-[^"]*"/gi));
  expect([...named]).toEqual(['services/kit/src/sealed-secret.ts: "aes-256-gcm"']);
});

test("secrets are compared in constant time, or as hashes by the database", () => {
  const compared = /(?:secret|signature|password|hash|mac)\w* [!=]==? (?!undefined|null|"|')\w+/gi;
  expect(findings(compared)).toEqual([]);
});

test("no certificate is believed unseen", () => {
  expect(
    findings(/rejectUnauthorized|NODE_TLS_REJECT|checkServerIdentity|ALLOW_INVALID|insecure(SkipVerify|HTTPParser)/g),
  ).toEqual([]);
});

test("scripts of pages write no markup, keep nothing and talk to no other window", () => {
  const dangerous =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|(local|session)Storage|indexedDB|document\.cookie|postMessage|addEventListener\("message"/g;
  expect(findings(dangerous, assets)).toEqual([]);
});

test("pages have no script, style or handler in their markup", () => {
  const pages = sources.filter(({ file }) => /pages\/(?!html\.ts)|views\.ts|board\/sign-in/.test(file));
  expect(pages.length).toBeGreaterThan(30);
  expect(findings(/<script>|<style|\son(click|load|error|submit)=|style="|javascript:/g, pages)).toEqual([]);
});
