import { PayloadRef } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";
import { readArtifacts } from "./kept-artifacts.ts";

const Track = z.object({ master: z.string(), title: z.string().nullable(), fileName: z.string().nullable() });

export interface FoundPayload {
  readonly payload: PayloadRef;
  readonly track: { readonly title: string | null; readonly fileName: string | null };
}

/** The file at an address, which may be of an earlier version, and whose it is; undefined if the track has none there. */
export async function readPayload(
  pool: Pool,
  trackId: string,
  kind: string,
  address: string,
): Promise<FoundPayload | undefined> {
  const { rows } = await pool.query(
    `select master, title, file_name as "fileName" from tracks where id = $1 and master is not null`,
    [trackId],
  );
  const found = Track.optional().parse(rows[0]);
  if (!found) return undefined;
  const { master, ...track } = found;
  const artifact = (await readArtifacts(pool, [master])).get(master)?.get(address);
  const payload = artifact?.kind === kind ? PayloadRef.nullable().parse(artifact.payload) : null;
  return payload ? { payload, track } : undefined;
}
