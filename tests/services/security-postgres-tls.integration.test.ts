import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionSettings, createPool } from "@purlin/kit/pool";
import { createCertificate } from "./certificate.ts";
import { logger } from "./kit-world.ts";

/* Services talk to Postgres over TLS with the server they were told of, or not at all (OWASP ASVS 5.0, 12.3). */
type Certificate = Awaited<ReturnType<typeof createCertificate>>;

let dir: string;
let own: Certificate;
let another: Certificate;
const release = new AsyncDisposableStack();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "purlin-tls-"));
  release.defer(() => rmSync(dir, { recursive: true }));
  [own, another] = [await createCertificate(), await createCertificate()];
  writeFileSync(join(dir, "own.pem"), own.cert);
});
afterAll(() => release.disposeAsync());

/** As much of Postgres as decides about TLS. `told` is what clients said once they were sure of it: who they are. */
async function startServer(certificate: Certificate | undefined): Promise<{ port: number; told: string[] }> {
  const told: string[] = [];
  const server = createServer((socket: Socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (first: Buffer) => {
      if (first.readUInt32BE(4) !== 80877103) {
        told.push(first.toString("latin1")); // no request for TLS (SSLRequest): it says everything in the clear
        socket.destroy();
        return;
      }
      socket.write(certificate ? "S" : "N");
      if (!certificate) return;
      const secure = new TLSSocket(socket, { isServer: true, cert: certificate.cert, key: certificate.key });
      secure.on("error", () => undefined);
      secure.once("data", (startup: Buffer) => {
        told.push(startup.toString("latin1"));
        secure.destroy();
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  release.defer(() => void server.close());
  return { port: (server.address() as AddressInfo).port, told };
}

/** What connecting as a service does comes to. */
async function connect(port: number, { host = "localhost", query = "" } = {}): Promise<string> {
  const settings = connectionSettings(`postgres://app:secret@${host}:${port}/app${query}`, join(dir, "own.pem"));
  const pool = createPool("test", "primary", { ...settings, max: 1 }, logger);
  const outcome = await pool.query("SELECT 1").then(
    () => "connected",
    (error: unknown) => String(error),
  );
  await pool.end();
  return outcome;
}

test("a server with the authority's certificate is told who connects", async () => {
  const { port, told } = await startServer(own);
  await connect(port);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("user\0app\0");
});

test.each([
  ["of another authority", () => another, {}, /self-signed certificate/],
  ["for another name", () => own, { host: "127.0.0.1" }, /does not match|Hostname\/IP/],
  ["at all", () => undefined, {}, /does not support SSL/],
])("a server without a certificate %s is told nothing", async (_, certificate, at, message) => {
  const { port, told } = await startServer(certificate());
  expect(await connect(port, at)).toMatch(message);
  expect(told).toEqual([]);
});

test.each(["sslmode=disable", "sslmode=no-verify", "ssl=0", "sslmode=prefer", "sslrootcert=/dev/null"])(
  "%s in the address changes nothing of that",
  async (query) => {
    for (const certificate of [another, undefined]) {
      const { port, told } = await startServer(certificate);
      expect(await connect(port, { query: `?${query}` })).toMatch(/self-signed|does not support SSL/);
      expect(told).toEqual([]);
    }
  },
);
