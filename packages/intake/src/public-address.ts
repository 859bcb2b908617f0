import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** What is given out so far: the rest of IPv6 belongs to nobody. */
const globalUnicast = ipaddr.parseCIDR("2000::/3");

/**
 * Whether an IP address belongs to a host on the public internet: it is in none of IANA's special-purpose registries, nor of a kind
 * that carries an IPv4 address inside. False for what is no IP address.
 */
export function isPublicAddress(address: string): boolean {
  // The library also reads forms that no resolver gives, such as 127.1.
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(globalUnicast);
}
