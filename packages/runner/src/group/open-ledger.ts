import { isDeepStrictEqual } from "node:util";
import {
  type Artifacts,
  artifactRecords,
  findAmong,
  followRecord,
  type KeptEntry,
  type Ledger,
  type LedgerEntry,
  type LedgerInUse,
} from "@segue/artifacts";
import type { ArtifactRecord, StepOutcome } from "@segue/contracts";
import type { Sent } from "./house.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** A ledger as a group uses it: records are kept here until somebody else is told of them. */
export interface OpenLedger extends LedgerInUse {
  /** Writes what is kept, all of it at once. */
  flush(): Promise<void>;
  /** A message as it has to be when it is sent: another's record may hold by now where a group's own was told of. */
  retell(sent: Sent): Sent;
}

type OwnRecords = Pick<Artifacts, "readRecord" | "readOwnRecord" | "storeRecord">;

/** @param artifacts whose records have objects of their own, which go before those of a ledger. */
export function openLedger(stored: Ledger, artifacts: OwnRecords): OpenLedger {
  /** As they are known here: those to be written, and those that were. */
  const known = new Map<string, ArtifactRecord>();
  const overtaken = new Map<string, ArtifactRecord>();
  let kept: readonly KeptEntry[] = [];

  const find: OpenLedger["find"] = async (address) =>
    findAmong(known, address) ?? (await stored.find(address));

  const note = ({ record, replace }: LedgerEntry, holds: ArtifactRecord) => {
    const told = known.get(record.address) ?? record;
    known.set(record.address, holds);
    // A failure that takes nothing away is told all the same.
    const isFailureBeside = replace && holds.outcome.status !== record.outcome.status;
    if (isFailureBeside) return;
    // Our own may hold again, made anew over another's that had overtaken it: nobody is told of that one any more.
    if (isDeepStrictEqual(holds, told) && !overtaken.has(record.address)) return;
    for (const each of [holds, ...artifactRecords(holds)]) overtaken.set(each.address, each);
  };
  const writeKept = async () => {
    const entries = kept;
    if (entries.length === 0) return;
    const own = await Promise.all(entries.map((entry) => writeOverOwn(artifacts, entry)));
    const left = entries.filter((_, index) => !own[index]);
    const written = left.length > 0 ? await stored.add(left) : [];
    kept = kept.slice(entries.length);
    entries.forEach((entry, index) => {
      note(entry, own[index] ?? written[left.indexOf(entry)] ?? entry.record);
    });
  };
  const flush = oneAtATime(writeKept);
  let fenced: Promise<void> | undefined;

  return {
    find,
    fence() {
      // What was on its way when this began is kept out once and for all.
      fenced ??= stored.fence().catch((error) => {
        fenced = undefined;
        throw error;
      });
      return fenced;
    },
    async keep(entry, { atOnce }) {
      const { record, replace } = entry;
      const there = replace ? (await find(record.address))?.record : findAmong(known, record.address)?.record;
      const holds = there && !replace ? there : followRecord(there, record);
      if (holds !== there) {
        known.set(record.address, holds);
        kept = [...kept, entry];
      }
      if (!atOnce) return holds;
      await flush();
      return known.get(record.address) ?? holds;
    },
    flush,
    retell(sent) {
      if (overtaken.size === 0) return sent;
      const message = JSON.parse(sent.data.toString());
      const holds = overtaken.get(message.address ?? message.record?.address);
      if (!holds) return sent;
      const news = message.type === "ArtifactReady" ? { record: holds } : newsOf(message, holds);
      return { ...sent, data: Buffer.from(JSON.stringify({ ...message, ...news })) };
    },
  };
}

/** Of an outcome: what holds, since when, and when our own attempt ended, where it is that one that does. */
function newsOf({ requestId, attempt }: StepOutcome, holds: ArtifactRecord): Partial<StepOutcome> {
  const isOwn = holds.requestId === requestId && holds.attempt?.worker === attempt?.worker;
  const made = holds.attempt ? { madeAt: holds.attempt.finishedAt } : {};
  return { outcome: holds.outcome, ...made, ...(isOwn && holds.attempt ? { attempt: holds.attempt } : {}) };
}

/** What holds where somebody has written an object of its own meanwhile, once what is made anew is written there too; undefined where nobody has. */
async function writeOverOwn(
  artifacts: OwnRecords,
  { kind, record, replace }: KeptEntry,
): Promise<ArtifactRecord | undefined> {
  // The group has stored its payload where nobody else's record can be with it.
  const isFirst = !replace && record.outcome.status === "succeeded";
  const own = await (isFirst
    ? artifacts.readOwnRecord(record.address)
    : artifacts.readRecord(kind, record.address));
  return own && replace ? await artifacts.storeRecord(kind, record, { replace }) : own;
}
