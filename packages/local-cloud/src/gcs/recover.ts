import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Blobs } from "./blobs.ts";
import { sessionLifeMs } from "./upload-sessions.ts";

const blobRows = z.array(z.object({ blob: z.string() }));

/** Forgets upload sessions that are too old, with their bytes. */
export function dropOldSessions(database: DatabaseSync, blobs: Blobs, nowMs: number): void {
  // A finished session's blob belongs to an object, wherever it lies.
  const old = database
    .prepare("SELECT blob FROM uploads WHERE createdMs < ? AND blob NOT IN (SELECT blob FROM objects)")
    .all(nowMs - sessionLifeMs);
  database.prepare("DELETE FROM uploads WHERE createdMs < ?").run(nowMs - sessionLifeMs);
  for (const { blob } of blobRows.parse(old)) blobs.remove(blob);
}

/**
 * Settles what a killed server left: publishes blobs that the database knows, keeps those of open sessions, removes
 * all others. Costs time in proportion to what was in flight, not to what is stored.
 */
export function recover(
  database: DatabaseSync,
  blobs: Blobs,
  nowMs: number,
): { published: number; removed: number } {
  const published = database.prepare(
    "SELECT 1 FROM objects WHERE blob = ?1 UNION ALL SELECT 1 FROM multipartParts WHERE blob = ?1",
  );
  const resumable = database.prepare("SELECT 1 FROM uploads WHERE blob = ? AND finished IS NULL");
  const settled = { published: 0, removed: 0 };
  for (const id of blobs.listIncoming()) {
    if (published.get(id)) {
      blobs.publish(id);
      settled.published++;
    } else if (!resumable.get(id)) {
      blobs.remove(id);
      settled.removed++;
    }
  }
  for (const { blob } of blobRows.parse(database.prepare("SELECT blob FROM garbage").all())) {
    blobs.remove(blob);
    settled.removed++;
  }
  database.exec("DELETE FROM garbage");
  dropOldSessions(database, blobs, nowMs);
  return settled;
}
