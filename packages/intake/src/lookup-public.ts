import { type LookupAddress, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address.ts";

/**
 * Resolves names to public addresses only; one private address among them spoils it. For the connection itself: what was checked is then what is connected to.
 *
 * @param refuse what is thrown of a name that leads elsewhere.
 */
export function createPublicLookup(refuse: (host: string) => Error): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? [];
      if (error) done(error, "");
      else if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
        done(refuse(hostname), "");
      else if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}
