import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { X509Certificate } from "./x509.ts";
import { readIfPresent, writeAtomically } from "../../home/files.ts";
import { covers, fromPem, makeAuthority, makeServer, permits, toPem, type Identity } from "./authority.ts";
import { localNames } from "./name-constraints.ts";
import type { LocalTarget } from "./target.ts";
import type { PlatformUser } from "./user.ts";

const renewBeforeDays = 30;

/**
 * The stack's own certificate authority and the server certificate it signs, made when missing. The server's is
 * made again when less than 30 days are left or a name is new; the authority only when it may not sign for the
 * names, because everyone who trusts it has to trust the new one.
 *
 * @param domain host name besides localhost
 */
export async function ensureCertificate(
  dir: string,
  domain: string | undefined,
  user: PlatformUser,
): Promise<LocalTarget["certificate"]> {
  const names = [...new Set([...localNames.dns, ...(domain === undefined ? [] : [domain])])];
  const files = { caFile: join(dir, "ca.pem"), certFile: join(dir, "server.pem"), keyFile: join(dir, "server.key") };
  const caKeyFile = join(dir, "ca.key");
  mkdirSync(dir, { recursive: true, mode: 0o711 });

  const ca = readCertificate(files.caFile);
  const present = readCertificate(files.certFile);
  if (ca && present && covers(present, names, renewBeforeDays) && readIfPresent(files.keyFile) !== undefined) {
    return { ...files, fingerprint: await fingerprint(present) };
  }

  const kept = ca && permits(ca, names) ? await loadIdentity(ca, caKeyFile) : undefined;
  const authority = kept ?? (await makeAuthority(names));
  const server = await makeServer(authority, names);
  if (kept === undefined) {
    writeAtomically(caKeyFile, await toPem(authority.privateKey));
    writeAtomically(files.caFile, `${authority.certificate.toString("pem")}\n`, 0o644);
  }
  writeAtomically(files.keyFile, await toPem(server.privateKey));
  if (process.getuid?.() === 0) chownSync(files.keyFile, user.uid, user.gid);
  writeAtomically(files.certFile, `${server.certificate.toString("pem")}\n`, 0o644);
  return { ...files, fingerprint: await fingerprint(server.certificate) };
}

/** undefined also when damaged: then it is made again. */
function readCertificate(path: string): X509Certificate | undefined {
  try {
    const pem = readIfPresent(path);
    return pem === undefined ? undefined : new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

async function loadIdentity(certificate: X509Certificate, keyFile: string): Promise<Identity | undefined> {
  try {
    const pem = readIfPresent(keyFile);
    return pem === undefined ? undefined : { certificate, privateKey: await fromPem(pem) };
  } catch {
    return undefined;
  }
}

async function fingerprint(certificate: X509Certificate): Promise<string> {
  return Buffer.from(await certificate.getThumbprint("SHA-256")).toString("hex");
}
