import { BlockList, isIP, isIPv4 } from "node:net";
import type { FastifyRequest } from "fastify";

/** An address, or a range of them: `10.0.0.0/8`. */
export interface AddressRange {
  readonly address: string;
  /** Bits that all of them have in common. */
  readonly prefix: number;
}

/** Undefined: it is none. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = "", digits, ...rest] = text.split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const prefix = digits === undefined ? most : Number(digits);
  const isRange = family !== 0 && rest.length === 0 && (digits === undefined || /^\d{1,3}$/.test(digits));
  return isRange && prefix <= most ? { address, prefix } : undefined;
}

/** Who sends a request, as far as its address tells; undefined: a program on this machine. */
export type ClientOf = (request: Pick<FastifyRequest, "headers" | "socket">) => string | undefined;

/**
 * @param proxies of a request that comes from one of these the client is the last one of `x-forwarded-for` that is none of them. What others say there is not
 *   believed: whoever wants to be many would say so.
 */
export function createClientOf(proxies: readonly AddressRange[]): ClientOf {
  const trusted = new BlockList();
  for (const { address, prefix } of proxies) trusted.addSubnet(address, prefix, familyOf(address));
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8);
  loopback.addAddress("::1", "ipv6");
  return ({ headers, socket }) => {
    const said = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    const hops = [...said.map((hop) => hop.trim()), socket.remoteAddress ?? ""].map(plain);
    let client = hops.pop() ?? "";
    while (isIP(client) !== 0 && trusted.check(client, familyOf(client)) && isIP(hops.at(-1) ?? "") !== 0)
      client = hops.pop() ?? "";
    if (isIP(client) !== 0 && loopback.check(client, familyOf(client))) return undefined;
    return isIPv4(client) ? client : networkOf(client);
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv4(address) ? "ipv4" : "ipv6";
}

/** IPv4 as IPv4, where a socket for both has it. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}

/** The first 64 bits of an IPv6 address: whoever has one has as many as they like. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`.toLowerCase();
}
