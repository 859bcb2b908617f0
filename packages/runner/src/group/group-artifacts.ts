import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Artifacts } from "@segue/artifacts";
import type { Kind, PayloadRef } from "@segue/contracts";
import type { HeldPayloads } from "./held-payloads.ts";

/** What a group holds of a kind that is not in storage, to be exported if somebody else asks for it after all. */
export interface Unexported {
  readonly kind: string;
  readonly payload: PayloadRef;
}

export interface GroupArtifacts {
  readonly artifacts: Artifacts;
  /** Whether payloads of a kind are stored when they are made. */
  stores(kind: Kind): boolean;
  /** Stores what is held of such kinds, where storage does not have it. */
  exportHeld(isNeeded: (kind: string) => boolean): Promise<void>;
}

/**
 * Artifacts as a group's steps find them: a payload that one of them has made or fetched is read from this machine's disk, and an
 * intermediate that nobody else wants is not stored. Its record says where it would be, and where it is not it has expired, which
 * whoever comes to need it can deal with.
 *
 * @param isWantedElsewhere whether a kind's payload is for somebody outside.
 */
export function createGroupArtifacts(
  artifacts: Artifacts,
  held: HeldPayloads,
  isWantedElsewhere: (kind: Kind) => boolean,
): GroupArtifacts {
  const unexported = new Set<Unexported>();
  const stores = (kind: Kind) => kind.retention === "derivative" || isWantedElsewhere(kind);
  const exporting = new Map<Unexported, Promise<void>>();
  /** Of messages that need the same each waits until it is there. */
  const exportOne = (each: Unexported) => {
    const path = held.pathOf(each.payload);
    if (path === undefined) return;
    const going =
      exporting.get(each) ??
      artifacts
        .exportPayload(each.payload, path)
        .then(() => void unexported.delete(each))
        .finally(() => exporting.delete(each));
    exporting.set(each, going);
    return going;
  };
  return {
    artifacts: {
      ...artifacts,
      isIntact: async (payload) => held.has(payload) || (await artifacts.isIntact(payload)),
      async fetchPayload(payload, path) {
        if (await held.give(payload, path)) return true;
        const isThere = await artifacts.fetchPayload(payload, path);
        if (isThere) await held.share(payload, path);
        return isThere;
      },
      async fetchRange(payload, startByte, endByte, path) {
        const from = held.pathOf(payload);
        if (from === undefined) return artifacts.fetchRange(payload, startByte, endByte, path);
        await copyRange(from, startByte, Math.min(endByte, payload.sizeBytes), path);
        return true;
      },
      async storePayload(kind, address, path, { existing, replace }) {
        const isStored = stores(kind);
        const store = isStored ? artifacts.storePayload : artifacts.planPayload;
        // Its record goes into the ledger, with those of the group's other steps.
        const stored = await store(kind, address, path, { existing, replace });
        // Somebody else's has bytes of its own.
        if (!stored.record) await held.take(stored.payload, path);
        if (!isStored) unexported.add({ kind: kind.name, payload: stored.payload });
        return stored;
      },
    },
    stores,
    async exportHeld(isNeeded) {
      await Promise.all([...unexported].filter(({ kind }) => isNeeded(kind)).map(exportOne));
    },
  };
}

/** @param endByte excluded. */
async function copyRange(from: string, startByte: number, endByte: number, to: string): Promise<void> {
  const bytes = endByte > startByte ? createReadStream(from, { start: startByte, end: endByte - 1 }) : [];
  await pipeline(bytes, createWriteStream(to));
}
