import { createHash } from "node:crypto";
import { type MasterText, writeMaster } from "../fleet/results.ts";
import type { Clients } from "../play/clients.ts";

/** The content address of what a client sends. */
export function contentOf(master: MasterText): string {
  return createHash("sha256").update(writeMaster(master)).digest("hex");
}

/** Of each track that was accepted. */
export function mastersOf({ promised }: Clients): ReadonlyMap<string, string> {
  const masters = new Map<string, string>();
  for (const { id, errand } of promised.values())
    if (errand.kind === "submit") masters.set(id, contentOf(errand.master));
  return masters;
}
