import { Extension } from "./x509.ts";

/** Names every stack's certificate carries; `localhost` permits `*.localhost` too. */
export const localNames = { dns: ["localhost"], ip: ["127.0.0.1", "::1"] } as const;

/** Permitted addresses with their masks, as RFC 5280 wants them: 127.0.0.0/8 and ::1/128. */
const loopback = [
  Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]),
  Buffer.concat([Buffer.alloc(15), Buffer.from([1]), Buffer.alloc(16, 255)]),
];

const oid = "2.5.29.30";
const tags = { sequence: 0x30, permitted: 0xa0, dnsName: 0x82, ipAddress: 0x87 } as const;

/**
 * Critical extension that allows a CA certificate to sign only for the DNS names given (and those below them) and
 * for loopback addresses (RFC 5280 4.2.1.10). The library has no type for it, hence the few bytes of DER.
 */
export function nameConstraints(names: readonly string[]): Extension {
  const subtrees = [
    ...names.map((name) => der(tags.sequence, der(tags.dnsName, Buffer.from(name, "ascii")))),
    ...loopback.map((range) => der(tags.sequence, der(tags.ipAddress, range))),
  ];
  return new Extension(oid, true, Uint8Array.from(der(tags.sequence, der(tags.permitted, Buffer.concat(subtrees)))));
}

function der(tag: number, content: Buffer): Buffer {
  if (content.length > 255) throw new RangeError("longer names than a certificate of one host ever needs");
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
