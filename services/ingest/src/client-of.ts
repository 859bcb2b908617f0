import type { FastifyRequest } from "fastify";
import ipaddr from "ipaddr.js";

/** An address, or a range of them: `10.0.0.0/8`. */
export interface AddressRange {
  readonly address: string;
  /** Bits that all of them have in common. */
  readonly prefix: number;
}

/** Undefined: it is none. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const isOne = ipaddr.isValid(text) && isWhole(text);
  if (isOne) return { address: text, prefix: ipaddr.parse(text).kind() === "ipv4" ? 32 : 128 };
  if (!ipaddr.isValidCIDR(text) || !isWhole(text)) return undefined;
  const [, prefix] = ipaddr.parseCIDR(text);
  return { address: text.slice(0, text.indexOf("/")), prefix };
}

/** Of IPv4 all four numbers: `10.1` is a short form that means something else to each of its readers. */
function isWhole(text: string): boolean {
  return text.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(text.split("/")[0] ?? "");
}

/** Who sends a request, as far as its connection tells. */
export interface Client {
  readonly address: string;
  /** Whoever has the same is one client: of IPv6 the first 64 bits, of which everybody has as many as they like. Undefined: a program on this machine. */
  readonly network: string | undefined;
}
export type ClientOf = (request: Pick<FastifyRequest, "headers" | "socket">) => Client;

/**
 * @param proxies of a request that comes from one of these the client is the last one of `x-forwarded-for` that is none of them. What others say there is not
 *   believed: whoever wants to be many would say so.
 */
export function createClientOf(proxies: readonly AddressRange[]): ClientOf {
  const ranges = proxies.map(({ address, prefix }) => [ipaddr.parse(address), prefix] as const);
  const isProxy = (address: Address) =>
    ranges.some(([range, prefix]) => range.kind() === address.kind() && address.match(range, prefix));
  return ({ headers, socket }) => {
    const said = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    const hops = said.map((hop) => parse(hop.trim()));
    const { remoteAddress = "" } = socket;
    let client = parse(remoteAddress);
    if (!client) return { address: remoteAddress, network: remoteAddress };
    for (let hop = hops.pop(); hop && isProxy(client); hop = hops.pop()) client = hop;
    return { address: client.toString(), network: networkOf(client) };
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** IPv4 as IPv4, where a socket for both has it. */
function parse(text: string): Address | undefined {
  return ipaddr.isValid(text) && isWhole(text) ? ipaddr.process(text) : undefined;
}

function networkOf(address: Address): string | undefined {
  if (address.range() === "loopback") return undefined;
  if (address.kind() === "ipv4") return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`)}/64`;
}
