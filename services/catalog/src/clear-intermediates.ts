import { createRebuildClaims } from "@segue/artifacts";
import { artifactsSql, FoundArtifacts, keptArtifacts, type Pool } from "@segue/catalog-db";
import { PayloadRef } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import { z } from "zod";
import { startLooks } from "./looks.ts";
import type { Spent } from "./spent-intermediates.ts";
import { createWaiting, type Waiting } from "./waiting-intermediates.ts";

/**
 * Of masters whether a track may still want what was made of them: one that is not at its end, one whose replay is not, an item of a backfill. When
 * that comes to rest, it tells of those again that were made for it too. Of what has been made again meanwhile the time has not come.
 */
const selectMasters = `
select m.master, now() - make_interval(secs => $2::double precision / 1000) as "spentBefore",
  exists (select from tracks t where t.master = m.master and t.state in ('accepted', 'processing'))
  or exists (select from tracks t join replay_watches w on w.track_id = t.id and w.stuck is null where t.master = m.master)
  or exists (select from tracks t join backfill_tracks b on b.track_id = t.id where t.master = m.master) as "isWanted",
  ${artifactsSql("m.master")} as found
from (select distinct unnest($1::text[]) as master) m`;

/** What comes to its time in such a span is looked at together. */
const windowMs = 1_000;
/** Where nothing waits. */
const restMs = 3_600_000;
const deletedAtOnce = 8;

const Master = z.object({
  master: z.string(),
  spentBefore: z.date(),
  isWanted: z.boolean(),
  found: FoundArtifacts,
});

export interface ClearOptions extends Pick<ServerContext, "store" | "names"> {
  readonly pool: Pool;
  readonly log: Logger;
  /** How long intermediates are kept after nobody needed them any more, in ms: somebody may, who was not heard of. */
  readonly keepMs: number;
}

/** Deletes intermediates that nobody needs any more, instead of paying for them until they expire. Never in anybody's way. */
export interface Intermediates {
  clear(spent: readonly Spent[]): void;
  /** What still waits is left to expire. */
  stop(): Promise<void>;
}

interface Found {
  readonly waited: Waiting;
  readonly payload: PayloadRef;
  readonly isWanted: boolean;
}

export function clearIntermediates({ pool, store, names, log, keepMs }: ClearOptions): Intermediates {
  const bucket = names.bucket("scratch");
  const claims = createRebuildClaims(store, names);
  const waiting = createWaiting(keepMs);
  let isStopped = false;

  const deleteOne = async ({ payload, waited }: Found) => {
    const wasThere = await store.deleteObject({ bucket, name: payload.name });
    if (wasThere) await claims.drop(waited.madeAt);
  };
  const clearDue = async (due: readonly Waiting[]) => {
    const found = await findDue({ pool, keepMs }, bucket, due);
    const wanted = found.filter(({ isWanted }) => isWanted);
    const { failures, left } = await workOff(
      found.filter(({ isWanted }) => !isWanted),
      deleteOne,
      () => isStopped,
    );
    for (const { waited } of left) waiting.putBack(waited, { wasLookedAt: false });
    for (const { waited } of [...wanted, ...failures.map(({ one }) => one)])
      waiting.putBack(waited, { wasLookedAt: true });
    if (failures.length > 0) tell(failures[0]?.error, failures.length + left.length);
  };
  const tell = (error: unknown, count: number) =>
    log.warn({ error, count }, "intermediates can't be deleted yet");
  const look = async () => {
    const due = waiting.takeDue();
    try {
      if (due.length > 0) await clearDue(due);
    } catch (error) {
      for (const one of due) waiting.putBack(one, { wasLookedAt: false });
      tell(error, due.length);
    }
    return waiting.nextInMs() ?? restMs;
  };
  const looks = startLooks({ look, shortestMs: windowMs, longestMs: restMs });

  return {
    clear(spent) {
      for (const one of spent) waiting.add(one);
      looks.within(keepMs);
    },
    stop() {
      isStopped = true;
      return looks.stop();
    },
  };
}

/** Those that are still what they were when their time began. */
async function findDue(
  { pool, keepMs }: Pick<ClearOptions, "pool" | "keepMs">,
  bucket: string,
  due: readonly Waiting[],
): Promise<readonly Found[]> {
  const masters = [...new Set(due.map(({ master }) => master))];
  const { rows } = await pool.query(selectMasters, [masters, keepMs]);
  const known = new Map(
    z
      .array(Master)
      .parse(rows)
      .map(({ found, ...of }) => [of.master, { ...of, artifacts: keptArtifacts(of.master, found) }]),
  );
  return due.flatMap((waited) => {
    const of = known.get(waited.master);
    const artifact = of?.artifacts.get(waited.address);
    if (!of || !artifact || Date.parse(artifact.seen_at) > of.spentBefore.getTime()) return [];
    const payload = PayloadRef.nullable().parse(artifact.payload);
    return payload?.bucket === bucket ? [{ payload, waited, isWanted: of.isWanted }] : [];
  });
}

/** Each by itself, some at once. Where all of these fail storage is away, and the rest is left. */
async function workOff<T>(
  all: readonly T[],
  work: (one: T) => Promise<void>,
  isStopped: () => boolean,
): Promise<{ failures: readonly { one: T; error: unknown }[]; left: readonly T[] }> {
  const failures: { one: T; error: unknown }[] = [];
  for (let from = 0; from < all.length; from += deletedAtOnce) {
    const some = all.slice(from, from + deletedAtOnce);
    const ends = await Promise.all(
      some.map((one) =>
        work(one).then(
          () => [],
          (error: unknown) => [{ one, error }],
        ),
      ),
    );
    failures.push(...ends.flat());
    if (isStopped() || ends.every(({ length }) => length > 0))
      return { failures, left: all.slice(from + some.length) };
  }
  return { failures, left: [] };
}
