import { BlockList, isIP } from "node:net";

/*
 * Addresses that the platform calls because a user said so. Whoever can name one must not reach through it what only
 * the platform can reach: its own daemons, its network, a cloud's metadata service (OWASP: server-side request forgery).
 */

/** Why an address is not called. The message may be shown to whoever named it: it tells nothing about our network. */
export class OutboundRefused extends Error {
  override name = "OutboundRefused";
}

export interface OutboundRules {
  /** For development: this machine itself may be called, and without TLS. */
  allowLoopback: boolean;
}

/** IANA's special-purpose registry: https://www.iana.org/assignments/iana-ipv4-special-registry, plus multicast and what is reserved. */
const specialV4: [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Of the addresses that are routed at all (2000::/3), those that are special or carry an IPv4 address inside. */
const specialV6: [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
];

const special = blockList(specialV4, specialV6);
const routed = blockList([], [["2000::", 3]]);
const loopback = blockList([["127.0.0.0", 8]], [["::1", 128]]);

/** Whether `address`, an IP address as text, may be called. */
export function isAllowedAddress(address: string, { allowLoopback }: OutboundRules): boolean {
  const bare = address.split("%", 1)[0] ?? ""; // a zone only means something on this machine
  const family = isIP(bare);
  if (family === 0) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  if (allowLoopback && loopback.check(bare, type)) return true;
  if (family === 6 && !routed.check(bare, "ipv6")) return false;
  return !special.check(bare, type);
}

/**
 * The URL when it may be called as far as can be told without asking DNS: https, no credentials, no address that is
 * not public. A name is looked at when it is called, with the address it then has: see outbound-request.ts.
 * @throws OutboundRefused
 */
export function checkOutboundUrl(text: string, rules: OutboundRules): URL {
  const url = URL.parse(text); // also turns 0x7f.1, 017700000001 and 2130706433 into the address they mean
  if (!url || text.length > 2000) throw new OutboundRefused("is not a URL");
  if (url.username !== "" || url.password !== "") throw new OutboundRefused("must not contain a user name or password");
  const host = hostOf(url);
  const address = isIP(host) !== 0;
  if (address && !isAllowedAddress(host, rules)) throw new OutboundRefused("has no public address");
  const local =
    /(^|\.)localhost\.?$/.test(host) || (address && loopback.check(host, isIP(host) === 4 ? "ipv4" : "ipv6"));
  if (local && !rules.allowLoopback) throw new OutboundRefused("has no public address");
  if (url.protocol !== "https:" && !(local && url.protocol === "http:"))
    throw new OutboundRefused("must begin with https:");
  return url;
}

/** The host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function blockList(v4: [string, number][], v6: [string, number][]): BlockList {
  const list = new BlockList();
  for (const [net, bits] of v4) list.addSubnet(net, bits, "ipv4");
  for (const [net, bits] of v6) list.addSubnet(net, bits, "ipv6");
  return list;
}
