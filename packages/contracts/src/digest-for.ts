import { createHash, createHmac } from "node:crypto";
import { defaultOwner } from "./request.ts";

/**
 * By what an owner's own name for something is found, in hex: of two owners the same name is two things. The default owner's are digests of the names alone, as
 * they were before there was another. That no text of theirs has the digest of another's name is what HMAC is for.
 */
export function digestFor(owner: string, name: string): string {
  const hash = owner === defaultOwner ? createHash("sha256") : createHmac("sha256", owner);
  return hash.update(name).digest("hex");
}
