import { webcrypto } from "node:crypto";
import * as x509 from "./x509.ts";
import { localNames, nameConstraints } from "./name-constraints.ts";

/** A certificate with its private key. */
export interface Identity {
  certificate: x509.X509Certificate;
  privateKey: webcrypto.CryptoKey;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const authorityDays = 3650;
/** Clients refuse longer lives: Apple's 825 days for private authorities, 398 for public ones. */
const serverDays = 397;

/** A new authority. It may sign only for this machine and `names`, so trusting it in a browser risks nothing else. */
export async function makeAuthority(names: readonly string[]): Promise<Identity> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: ["purlin local authority"] }, { O: ["purlin"] }],
    notBefore: inDays(-1), // clocks of clients may be behind
    notAfter: inDays(authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      nameConstraints(names),
    ],
  });
  return { certificate, privateKey: keys.privateKey };
}

/** A new server certificate for `names`, everything below localhost, and the loopback addresses. */
export async function makeServer(authority: Identity, names: readonly string[]): Promise<Identity> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: ["localhost"] }, { O: ["purlin"] }],
    issuer: authority.certificate.subject,
    notBefore: inDays(-1),
    notAfter: inDays(serverDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...dnsNames(names).map((value) => ({ type: "dns" as const, value })),
        ...localNames.ip.map((value) => ({ type: "ip" as const, value })),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  return { certificate, privateKey: keys.privateKey };
}

/** Whether a server certificate has `daysLeft` to live and carries every name. */
export function covers(server: x509.X509Certificate, names: readonly string[], daysLeft: number): boolean {
  const present = new Set(
    server.getExtension(x509.SubjectAlternativeNameExtension)?.names.items.map(({ value }) => value),
  );
  return server.notAfter > inDays(daysLeft) && dnsNames(names).every((name) => present.has(name));
}

/** Whether an authority may sign for exactly these names, and outlives what it signs. Constraints follow from the names alone. */
export function permits(authority: x509.X509Certificate, names: readonly string[]): boolean {
  const wanted = nameConstraints(names);
  const present = authority.getExtension(wanted.type);
  if (present === null || authority.notAfter < inDays(serverDays)) return false;
  return Buffer.from(present.value).equals(Buffer.from(wanted.value));
}

/** The private key as PEM (PKCS #8), unencrypted: who may read the file is the protection. */
export async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

/** Reads a private key that `toPem` wrote. */
export function fromPem(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), algorithm, true, ["sign"]);
}

function dnsNames(names: readonly string[]): string[] {
  return names.flatMap((name) => (name === "localhost" ? [name, "*.localhost"] : [name]));
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function inDays(count: number): Date {
  return new Date(Date.now() + count * 24 * 60 * 60 * 1000);
}
