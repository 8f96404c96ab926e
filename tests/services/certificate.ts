import { createHash } from "node:crypto";
import * as x509 from "../../stacks/targets/local/x509.ts";

interface Certificate {
  cert: string;
  key: string;
  /** sha256 of the public key, base64. */
  fingerprint: string;
}

/** A self-signed certificate for `localhost`. */
export async function createCertificate(): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=localhost",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "localhost" }])],
  });
  const exported = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    cert: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${exported.toString("base64")}\n-----END PRIVATE KEY-----\n`,
    fingerprint: createHash("sha256").update(Buffer.from(certificate.publicKey.rawData)).digest("base64"),
  };
}
