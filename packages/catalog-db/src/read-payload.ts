import { PayloadRef } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";

const Row = z.object({
  payload: PayloadRef,
  track: z.object({ title: z.string().nullable(), fileName: z.string().nullable() }),
});

const select = `
select a.payload, jsonb_build_object('title', t.title, 'fileName', t.file_name) as track
from artifacts a join tracks t on t.master = a.master
where t.id = $1 and a.kind = $2 and a.address = $3 and a.payload is not null`;

/** The file at an address, which may be of an earlier version, and whose it is; undefined if the track has none there. */
export async function readPayload(
  pool: Pool,
  trackId: string,
  kind: string,
  address: string,
): Promise<z.infer<typeof Row> | undefined> {
  const { rows } = await pool.query(select, [trackId, kind, address]);
  return Row.optional().parse(rows[0]);
}
