import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Kind } from "@segue/contracts";
import * as contracts from "@segue/contracts";

/** A kind that a new step may consume, and where its constant is imported from. */
export interface FoundKind {
  readonly kind: Kind;
  /** `Mono16k`. */
  readonly constant: string;
  /** `@segue/contracts`, or a sibling's `@segue/crest/kind`. */
  readonly from: string;
}

/** Looks in the contracts, then in the project's services, whose kinds live beside their steps. Undefined for none of that name. */
export async function findKind(root: string, name: string): Promise<FoundKind | undefined> {
  const shared = findIn(contracts, name);
  if (shared) return { ...shared, from: "@segue/contracts" };
  const names = await readdir(join(root, "services")).catch(() => []);
  for (const service of names.sort()) {
    const file = join(root, "services", service, "src", "kind.ts");
    const source = await readFile(file, "utf8").catch(() => undefined);
    if (source === undefined) continue;
    const found = findIn(await import(pathToFileURL(file).href), name);
    if (found) return { ...found, from: `@segue/${service}/kind` };
  }
  return undefined;
}

function findIn(module: object, name: string): Omit<FoundKind, "from"> | undefined {
  for (const [constant, value] of Object.entries(module)) {
    if (isKind(value) && value.name === name) return { kind: value, constant };
  }
  return undefined;
}

function isKind(value: unknown): value is Kind {
  return (
    typeof value === "object" && value !== null && "retention" in value && "facts" in value && "name" in value
  );
}
