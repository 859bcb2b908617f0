/**
 * Where inputs have been seen that a worker's own chain does not expect there. During a deployment one producer of a join may
 * be younger than the join's worker: its result lies at an address that the worker can't reckon. Its announcement tells; but
 * if another input is missing then, nobody tells again when that one comes. So the worker notes the address, in the
 * scratch bucket, before it looks for its other inputs; and one that misses an input looks there before it gives up. Of two
 * inputs that come at the same moment at least one handler sees both, as ever: what is noted is noted before the look.
 */
import { createHash } from "node:crypto";
import type { Names } from "@segue/chain";
import { Address, type ArtifactReady, readKnown } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { z } from "zod";
import type { HandlerParts } from "./handler-parts.ts";

const Sighting = z.object({ v: z.literal(1), address: Address });

/** The last place where an input of a step was seen for a master. */
export interface Sightings {
  note(key: SightingKey, address: string): Promise<void>;
  find(key: SightingKey): Promise<string | undefined>;
}

export interface SightingKey {
  readonly master: string;
  readonly step: string;
  readonly kind: string;
}

export function createSightings(store: ObjectStore, names: Names): Sightings {
  const refOf = ({ master, step, kind }: SightingKey) => ({
    bucket: names.bucket("scratch"),
    name: `${createHash("sha256").update(`${master}/${step}/${kind}`).digest("hex")}.seen.json`,
  });
  return {
    async note(key, address) {
      const body = Buffer.from(JSON.stringify({ v: 1, address }));
      await store.writeObject({ ...refOf(key), body, contentType: "application/json", createOnly: false });
    },
    async find(key) {
      try {
        return readKnown(Sighting, await store.readJson(refOf(key))).address;
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return undefined;
        throw error;
      }
    },
  };
}

type Parts = Pick<HandlerParts, "step" | "chain" | "sightings">;

/** Notes an announced input that is not where this worker's chain has it. Only a step with other inputs may miss one. */
export async function noteSighting(
  { step, chain, sightings }: Parts,
  { master, record }: ArtifactReady,
): Promise<void> {
  if (chain.triggersOf(step).length < 2) return;
  if (chain.addressesFor(master).get(record.kind) === record.address) return;
  await sightings.note({ master, step: step.name, kind: record.kind }, record.address);
}

/** Other inputs that were seen elsewhere than this worker's chain has them: kind to address. */
export async function findSightings(
  { step, chain, sightings }: Parts,
  { master, record }: ArtifactReady,
): Promise<ReadonlyMap<string, string>> {
  const others = chain.triggersOf(step).filter(({ name }) => name !== record.kind);
  const found = await Promise.all(
    others.map(
      async ({ name: kind }) => [kind, await sightings.find({ master, step: step.name, kind })] as const,
    ),
  );
  return new Map(found.flatMap(([kind, address]) => (address === undefined ? [] : [[kind, address]])));
}
