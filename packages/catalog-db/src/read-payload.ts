import { PayloadRef } from "@segue/contracts";
import { z } from "zod";
import type { Pool } from "./connect.ts";
import { artifactsSql, FoundArtifacts, keptArtifacts } from "./kept-artifacts.ts";

const Row = z.object({
  master: z.string(),
  acceptedAt: z.date().transform((date) => date.toISOString()),
  title: z.string().nullable(),
  fileName: z.string().nullable(),
  found: FoundArtifacts,
});

const select = `
select t.master, t.accepted_at as "acceptedAt", t.title, t.file_name as "fileName", ${artifactsSql("t.master")} as found
from tracks t where t.id = $1 and t.owner = $2 and t.master is not null`;

export interface FoundPayload {
  readonly payload: PayloadRef;
  readonly track: {
    readonly title: string | null;
    readonly fileName: string | null;
    readonly acceptedAt: string;
  };
}

/** The file at an address of an owner's track, which may be of an earlier version; undefined if the track has none there, or is another's. */
export async function readPayload(
  pool: Pool,
  { trackId, owner }: { readonly trackId: string; readonly owner: string },
  kind: string,
  address: string,
): Promise<FoundPayload | undefined> {
  const { rows } = await pool.query(select, [trackId, owner]);
  const row = Row.optional().parse(rows[0]);
  if (!row) return undefined;
  const { master, found, ...track } = row;
  const artifact = keptArtifacts(master, found).get(address);
  const payload = artifact?.kind === kind ? PayloadRef.nullable().parse(artifact.payload) : null;
  return payload ? { payload, track } : undefined;
}
