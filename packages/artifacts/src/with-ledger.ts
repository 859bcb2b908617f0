import { type ArtifactRecord, Master, type StoredKind } from "@segue/contracts";
import type { Artifacts } from "./artifacts.ts";
import type { Ledger, LedgerEntry } from "./ledgers.ts";
import { artifactOf } from "./outputs.ts";

/** A record to keep, and what it is of. */
export interface KeptEntry extends LedgerEntry {
  readonly kind: StoredKind;
}

/** What is known of a master's ledger while one of its artifacts is made. */
export interface LedgerInUse extends Pick<Ledger, "find" | "fence"> {
  /** Takes a record that has no object of its own, and returns the one that holds by what is known. Undefined: each record gets such an object. */
  readonly keep?: (entry: KeptEntry, options: { readonly atOnce: boolean }) => Promise<ArtifactRecord>;
}

/** A master's artifacts, whose records are where they are: in objects of their own, or in its ledger. */
export function withLedger(artifacts: Artifacts, ledger: LedgerInUse): Artifacts {
  return {
    ...artifacts,
    async readRecord(kind, address) {
      const own = await artifacts.readRecord(kind, address);
      if (own || kind.name === Master.name) return own;
      const found = await ledger.find(address);
      return found && artifactOf(found);
    },
    async storeRecord(kind, record, { replace, atOnce = false }) {
      const { address } = record;
      const hasOwn = async () => (await artifacts.readRecord(kind, address)) !== undefined;
      if (ledger.keep && !(replace && (await hasOwn())))
        return await ledger.keep({ kind, record, replace }, { atOnce });
      const kept = replace ? await ledger.find(address) : undefined;
      return await artifacts.storeRecord(kind, record, { replace, atOnce, before: kept?.record });
    },
    async fenceRecord(kind, found) {
      const own = await artifacts.readRecord(kind, found.address);
      if (own) return await artifacts.fenceRecord(kind, own);
      await ledger.fence();
      const kept = await ledger.find(found.address);
      const holds = (kept && artifactOf(kept)) ?? found;
      // Where none are kept in the ledger, what is on its way is to have an object of its own, which would go before that.
      return ledger.keep ? holds : await artifacts.fenceRecord(kind, holds);
    },
  };
}
