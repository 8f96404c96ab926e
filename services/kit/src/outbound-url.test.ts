import { describe, expect, test } from "vitest";
import { checkOutboundUrl, isAllowedAddress, OutboundRefused } from "./outbound-url.ts";

const production = { allowLoopback: false };
const development = { allowLoopback: true };

describe("addresses that are not called", () => {
  test.each([
    ["this machine", "127.0.0.1"],
    ["this machine", "127.255.255.254"],
    ["this machine", "::1"],
    ["any address", "0.0.0.0"],
    ["any address", "::"],
    ["private", "10.0.0.1"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["carrier-grade NAT", "100.64.0.1"],
    ["link-local and metadata", "169.254.169.254"],
    ["metadata of ECS", "169.254.170.2"],
    ["metadata of Oracle", "192.0.0.192"],
    ["metadata of Alibaba", "100.100.100.200"],
    ["benchmarking", "198.18.0.1"],
    ["documentation", "203.0.113.7"],
    ["6to4 relay", "192.88.99.1"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unique local", "fd00:ec2::254"],
    ["link-local", "fe80::1"],
    ["link-local with a zone", "fe80::1%lo"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["IPv4 inside", "::ffff:127.0.0.1"],
    ["IPv4 inside", "::ffff:7f00:1"],
    ["IPv4 inside, old form", "::127.0.0.1"],
    ["IPv4 inside, translated", "64:ff9b::7f00:1"],
    ["IPv4 inside, local translation", "64:ff9b:1::7f00:1"],
    ["IPv4 inside, 6to4", "2002:7f00:1::"],
    ["IPv4 inside, Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["documentation", "2001:db8::1"],
    ["documentation", "3fff::1"],
    ["discard", "100::1"],
    ["no address", "example.com"],
    ["no address", ""],
  ])("%s: %s", (_, address) => expect(isAllowedAddress(address, production)).toBe(false));
});

test.each(["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])(
  "%s is called",
  (address) => expect(isAllowedAddress(address, production)).toBe(true),
);

describe("URLs that are not called", () => {
  test.each([
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://0/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[0:0:0:0:0:ffff:7f00:0001]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://user@example.com/",
    "https://example.com:secret@127.0.0.1/",
    "https://:secret@example.com/",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "example.com",
    "//example.com",
    "https://",
    "",
    `https://example.com/${"a".repeat(2000)}`,
  ])("%s", (url) => expect(() => checkOutboundUrl(url, production)).toThrow(OutboundRefused));
});

test.each([
  "https://example.com/hook?a=b",
  "https://example.com:8443/",
  "https://1.1.1.1/",
  "https://[2606:4700:4700::1111]/",
])("%s may be called", (url) => expect(checkOutboundUrl(url, production).href).toBe(url));

test("development may call this machine, also without TLS, and nothing else without", () => {
  for (const url of ["http://127.0.0.1:3000/", "http://localhost:3000/", "http://[::1]/", "https://127.0.0.1/"])
    expect(checkOutboundUrl(url, development).href).toBe(url);
  for (const url of ["http://10.0.0.1/", "http://example.com/", "http://169.254.169.254/", "https://192.168.0.1/"])
    expect(() => checkOutboundUrl(url, development)).toThrow(OutboundRefused);
});
