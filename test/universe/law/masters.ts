import type { Clients } from "../play/clients.ts";
import { contentOf } from "./deletions.ts";

/** Of each track that was accepted. */
export function mastersOf({ promised }: Clients): ReadonlyMap<string, string> {
  const masters = new Map<string, string>();
  for (const { id, errand } of promised.values())
    if (errand.kind === "submit") masters.set(id, contentOf(errand.master));
  return masters;
}
