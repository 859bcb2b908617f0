import {
  chargeTrack,
  forgetAudit,
  forgetUsage,
  insertAudit,
  insertKey,
  listKeys,
  noteKeysUsed,
  type Pool,
  readAudit,
  readKeys,
  readMissingRights,
  readUsage,
  refundTrack,
  revokeKey,
  rotateKey,
} from "@segue/catalog-db";
import { askWith } from "./catalog-reads.ts";

/** What the API keeps itself: keys, what they have used, who wrote what. It is nowhere else. While the database is away, all of it is `unavailable`. */
export type OwnTables = ReturnType<typeof createOwnTables>;

export function createOwnTables(pool: Pool) {
  const ask = askWith(pool);
  return {
    chargeTrack: ask(chargeTrack),
    forgetAudit: ask(forgetAudit),
    forgetUsage: ask(forgetUsage),
    insertAudit: ask(insertAudit),
    insertKey: ask(insertKey),
    listKeys: ask(listKeys),
    noteKeysUsed: ask(noteKeysUsed),
    readAudit: ask(readAudit),
    readKeys: ask(readKeys),
    readMissingRights: ask(readMissingRights),
    readUsage: ask(readUsage),
    refundTrack: ask(refundTrack),
    revokeKey: ask(revokeKey),
    rotateKey: ask(rotateKey),
  };
}
