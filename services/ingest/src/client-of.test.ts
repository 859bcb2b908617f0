import { expect, test } from "vitest";
import { createClientOf, parseAddressRange } from "./client-of.ts";

const ranges = (...texts: string[]) => texts.flatMap((text) => parseAddressRange(text) ?? []);
const from = (remoteAddress: string, forwarded?: string) => ({
  headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  socket: { remoteAddress } as never,
});

/** Whose share a request takes. */
const networkBy = (...proxies: string[]) => {
  const clientOf = createClientOf(ranges(...proxies));
  return (request: ReturnType<typeof from>) => clientOf(request).network;
};

test("its whole address is told, of whoever stands behind a proxy as of this machine", () => {
  const addressOf = (...request: Parameters<typeof from>) =>
    createClientOf(ranges("10.0.0.0/8"))(from(...request)).address;
  expect(addressOf("10.1.1.1", "2001:DB8:1:2:aaaa::1")).toBe("2001:db8:1:2:aaaa::1");
  expect(addressOf("::ffff:127.0.0.1")).toBe("127.0.0.1");
  expect(addressOf("10.1.1.1", "not an address")).toBe("10.1.1.1");
});

test("a client is the address that its connection comes from; this machine is nobody", () => {
  const clientOf = networkBy();
  expect(clientOf(from("192.0.2.7"))).toBe("192.0.2.7");
  expect(clientOf(from("::ffff:192.0.2.7"))).toBe("192.0.2.7");
  for (const own of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) expect(clientOf(from(own))).toBeUndefined();
});

test("of an IPv6 address the network counts", () => {
  const clientOf = networkBy();
  expect(clientOf(from("2001:db8:1:2:aaaa::1"))).toBe("2001:db8:1:2::/64");
  expect(clientOf(from("2001:db8:1:2::9"))).toBe("2001:db8:1:2::/64");
  expect(clientOf(from("2001:db8::9"))).toBe("2001:db8::/64");
});

test("who a proxy says has asked is believed of the proxies that are known, and of nobody else", () => {
  const clientOf = networkBy("10.0.0.0/8", "fd00::/8");
  expect(clientOf(from("192.0.2.7", "198.51.100.1"))).toBe("192.0.2.7");
  expect(clientOf(from("10.1.1.1", "198.51.100.1"))).toBe("198.51.100.1");
  expect(clientOf(from("10.1.1.1", "203.0.113.9, 198.51.100.1, 10.2.2.2"))).toBe("198.51.100.1");
  expect(clientOf(from("fd00::1", "198.51.100.1"))).toBe("198.51.100.1");
  for (const silent of [undefined, "", "unknown"])
    expect(clientOf(from("10.1.1.1", silent))).toBe("10.1.1.1");
});

test("what is no range is told from one", () => {
  expect(parseAddressRange("10.0.0.0/8")).toEqual({ address: "10.0.0.0", prefix: 8 });
  expect(parseAddressRange("::1")).toEqual({ address: "::1", prefix: 128 });
  for (const text of [
    "",
    "10.0.0.0/33",
    "10.0.0.0/8/8",
    "proxy",
    "10.0.0.0/",
    "10.0.0.0/x",
    "10.1/8",
    "010.0.0.0/8",
  ])
    expect(parseAddressRange(text)).toBeUndefined();
});
