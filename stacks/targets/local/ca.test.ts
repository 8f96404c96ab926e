import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { beforeEach, expect, test } from "vitest";
import { fromPem, makeServer, toPem } from "./authority.ts";
import { ensureCertificate } from "./ca.ts";
import { X509Certificate } from "./x509.ts";
import { temporaryFolder } from "../../../tests/harness/temporary-folder.ts";

let dir: string;
beforeEach(() => {
  dir = temporaryFolder();
});

const { username: name, uid, gid } = userInfo();
const ensure = (domain?: string) => ensureCertificate(dir, domain, { name, uid, gid });

test.each(["localhost", "shop.test", "127.0.0.1"])("TLS clients accept it for %s", async (host) => {
  const { certFile, keyFile, caFile } = await ensure("shop.test");
  expect(await handshake(read(certFile), read(keyFile), read(caFile), host)).toBe("accepted");
});

test("it is not accepted for other names, whatever the authority signs", async () => {
  const { certFile, keyFile, caFile } = await ensure("shop.test");
  expect(await handshake(read(certFile), read(keyFile), read(caFile), "bank.test")).toMatch(
    /is not in the cert's altnames/,
  );

  const authority = {
    certificate: new X509Certificate(read(caFile)),
    privateKey: await fromPem(read(join(dir, "ca.key"))),
  };
  const forged = await makeServer(authority, ["bank.test"]);
  const key = await toPem(forged.privateKey);
  expect(await handshake(forged.certificate.toString("pem"), key, read(caFile), "bank.test")).toBe(
    "permitted subtree violation",
  );
});

test("it stays as it is until a name is new; keys are closed to others", async () => {
  const first = await ensure();
  const ca = read(first.caFile);
  expect((await ensure()).fingerprint).toBe(first.fingerprint);
  const second = await ensure("shop.test");
  expect(second.fingerprint).not.toBe(first.fingerprint);
  expect(read(second.caFile)).not.toBe(ca); // it may not sign for the new name
  for (const file of [second.keyFile, join(dir, "ca.key")]) expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a damaged server certificate is made again by the same authority", async () => {
  const { caFile, certFile, fingerprint } = await ensure();
  const ca = read(caFile);
  writeFileSync(certFile, "garbage");
  expect((await ensure()).fingerprint).not.toBe(fingerprint);
  expect(read(caFile)).toBe(ca);
});

function read(file: string): string {
  return readFileSync(file, "utf8");
}

/** `accepted`, or what the client says against it. */
async function handshake(cert: string, key: string, ca: string, host: string): Promise<string> {
  const server = createServer({ cert, key }).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => undefined);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("listens on no port");
  const { port } = address;
  const isName = !/^[\d.]+$/.test(host);
  const socket = connect({ port, host: "127.0.0.1", ca, ...(isName ? { servername: host } : {}) });
  try {
    await once(socket, "secureConnect");
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}
