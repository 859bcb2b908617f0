/**
 * Records of one master in one object: those of steps that are done in one attempt, which would be a write each otherwise.
 *
 * A record that has an object of its own goes before one in a ledger. So it does not matter who knows of ledgers first: a step that runs
 * by itself, in another placement or once more, writes its own; what was in the ledger is followed from, and stays there unread.
 */
import type { Names } from "@segue/chain";
import { ArtifactRecord, Ledger as LedgerObject, ledgerObjectName, readKnown } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { followRecord, tellsOf } from "./follow-record.ts";
import { unlessUnreadable } from "./is-unreadable.ts";
import { readObjectAs } from "./json-object.ts";
import { type FoundRecord, findAmong } from "./outputs.ts";
import { rewriteObject, throughJson } from "./rewrite-object.ts";

/** A record to keep. */
export interface LedgerEntry {
  readonly record: ArtifactRecord;
  /** Whether it is made although one is there: `followRecord` decides over that. Of several others the first holds. */
  readonly replace: boolean;
}

/** One master's. */
export interface Ledger {
  /** What it leads to from an address: a record, or that of all outputs of which one has it. */
  find(address: string): Promise<FoundRecord | undefined>;
  /** What it is at this moment. */
  read(): Promise<LedgerAsRead>;
  /** Writes records, at once. @returns those that hold, in their order. */
  add(entries: readonly LedgerEntry[]): Promise<readonly ArtifactRecord[]>;
  /** Has its records stay those that hold, whatever is on its way that was to follow from them: see `Artifacts.fenceRecord`. */
  fence(): Promise<void>;
}

export interface LedgerAsRead extends Pick<Ledger, "find"> {
  /** But for those of a younger release; none where the ledger itself is of one, or is none. */
  readonly records: readonly ArtifactRecord[];
  /** How many there are that are not among these; one, where it is the ledger itself. */
  readonly unreadable: number;
}

export interface Ledgers {
  of(master: string): Ledger;
}

type Records = LedgerObject["records"];

export function createLedgers(store: ObjectStore, names: Names): Ledgers {
  const bucket = names.bucket("records");
  return {
    of(master) {
      const ref = { bucket, name: ledgerObjectName(master) };
      const read = async () => (await readObjectAs(store, ref, LedgerObject))?.records ?? {};
      return {
        find: async (address) => findIn(await read(), address),
        async read() {
          const found = await unlessUnreadable(read);
          const all = found ?? {};
          const records = Object.values(all).flatMap((json) => ArtifactRecord.safeParse(json).data ?? []);
          const unreadable = found ? Object.keys(all).length - records.length : 1;
          return { find: async (address) => findIn(all, address), records, unreadable };
        },
        async add(entries) {
          const byAddress = Map.groupBy(entries, ({ record }) => record.address);
          const holding = new Map<string, ArtifactRecord>();
          await rewriteObject(store, ref, LedgerObject, (existing) => {
            const news: Records = {};
            for (const [address, own] of byAddress) {
              const json = existing?.records[address];
              const there = json === undefined ? undefined : readKnown(ArtifactRecord, json);
              const holds = holdingRecord(there, own);
              if (holds) holding.set(address, holds);
              // What is there and holds stays as whoever made it has written it, which may be a younger release.
              if (holds !== there) news[address] = throughJson(holds);
            }
            if (existing && Object.keys(news).length === 0) return existing;
            return { v: 1 as const, master, records: { ...existing?.records, ...news } };
          });
          return entries.map(({ record }) => holding.get(record.address) ?? record);
        },
        async fence() {
          await rewriteObject(store, ref, LedgerObject, (existing) => ({
            ...(existing ?? { v: 1 as const, master, records: {} }),
          }));
        },
      };
    },
  };
}

/** @param own those that are to be kept at an address, in the order in which they were made. */
function holdingRecord(
  there: ArtifactRecord | undefined,
  own: readonly LedgerEntry[],
): ArtifactRecord | undefined {
  return own.reduce((before, { record, replace }) => {
    const holds = before && (!replace || tellsOf(before, record));
    return holds ? before : followRecord(before, record);
  }, there);
}

function findIn(records: Records, address: string): FoundRecord | undefined {
  const found = findAmong(new Map(Object.entries(records)), address);
  return found && { record: readKnown(ArtifactRecord, found.record), output: found.output };
}
