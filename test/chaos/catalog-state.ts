import { setTimeout as delay } from "node:timers/promises";
import {
  artifactsSql,
  connect,
  type FoundArtifacts,
  keptArtifacts,
  type Pool,
  unpackTrack,
} from "@segue/catalog-db";

/** A row of `tracks`. */
export interface TrackRow {
  readonly id: string;
  readonly master: string;
  readonly state: string;
  readonly wants: readonly string[];
  readonly tookMs: number | null;
}

export interface OutcomeRow {
  readonly track_id: string;
  readonly step: string;
  readonly status: string;
  readonly address: string | null;
  readonly error_code: string | null;
}

/** What the catalog holds, in its tables and packed. */
export interface CatalogState {
  readonly tracks: readonly TrackRow[];
  readonly outcomes: readonly OutcomeRow[];
  readonly artifacts: readonly {
    readonly address: string;
    readonly kind: string;
    readonly master: string;
    readonly facts: unknown;
    readonly payload: unknown;
  }[];
  readonly deadLetters: readonly {
    readonly subscription: string;
    readonly step: string | null;
    readonly error_code: string;
    readonly error_message: string;
  }[];
  /** Each attempt that was heard of. */
  readonly attempts: readonly {
    readonly track_id: string;
    readonly step: string;
    readonly status: string;
  }[];
  /** What the reconciler did, and for which tracks. */
  readonly repairs: readonly { readonly track_id: string; readonly kind: string }[];
  /** Times each address was computed, as far as it was heard of. */
  readonly computed: readonly { readonly address: string; readonly step: string; readonly times: number }[];
}

export function openCatalog(databaseUrl: string): Pool {
  return connect({
    connectionString: databaseUrl,
    maxConnections: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 30_000,
    applicationName: "segue-test",
    onIdleError() {},
  });
}

export async function readCatalog(pool: Pool): Promise<CatalogState> {
  const read = async <Row extends object>(sql: string) => (await pool.query<Row>(sql)).rows;
  const tracks = await read<CatalogState["tracks"][number]>(
    `select id, master, state, wants, extract(epoch from finished_at - accepted_at)::float * 1000 as "tookMs" from tracks`,
  );
  const bodies = await read<{ id: string; body: Buffer }>("select track_id as id, body from packed_tracks");
  const packed = bodies.map(({ id, body }) => unpackTrack(id, body));
  const masters = await read<{ master: string; found: FoundArtifacts }>(
    `select m.master, ${artifactsSql("m.master")} as found from (select distinct master from tracks where master is not null) m`,
  );
  const attempts = [
    ...(await read<HeardAttempt>("select track_id, address, step, status, how from step_attempts")),
    ...packed.flatMap((track) => track.attempts),
  ];
  return {
    tracks,
    outcomes: [
      ...(await read<OutcomeRow>("select track_id, step, status, address, error_code from step_outcomes")),
      ...packed.flatMap(({ holding }) => holding),
    ],
    artifacts: masters
      .flatMap(({ master, found }) => [...keptArtifacts(master, found).values()])
      .filter(({ failed }) => !failed),
    deadLetters: await read("select subscription, step, error_code, error_message from dead_letters"),
    attempts,
    repairs: await read("select distinct track_id, kind from track_events"),
    computed: countComputed(attempts.filter(({ how }) => how === "computed")),
  };
}

type ComputedRow = Pick<CatalogState["computed"][number], "address" | "step">;
type HeardAttempt = CatalogState["attempts"][number] & ComputedRow & { readonly how: string | null };

function countComputed(rows: readonly ComputedRow[]): CatalogState["computed"] {
  const groups = Map.groupBy(rows, ({ address, step }) => `${address} ${step}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first ? [{ address: first.address, step: first.step, times: others.length + 1 }] : [],
  );
}

/**
 * Waits until every one of these tracks has come to an end, however long a busy machine takes for them. Returns those that have not.
 *
 * @param hangMs after which nothing is waited for any more if no track has ended meanwhile.
 */
export async function waitForEnd(pool: Pool, ids: readonly string[], hangMs: number): Promise<string[]> {
  let left = ids.length;
  let deadline = performance.now() + hangMs;
  for (;;) {
    const open = await findOpen(pool, ids);
    if (open?.length === 0) return [];
    if (open && open.length < left) {
      left = open.length;
      deadline = performance.now() + hangMs;
    }
    if (performance.now() > deadline) return open ?? [...ids];
    await delay(500);
  }
}

async function findOpen(pool: Pool, ids: readonly string[]): Promise<string[] | undefined> {
  try {
    const { rows } = await pool.query<{ id: string }>(
      `select wanted.id from unnest($1::uuid[]) as wanted (id)
       left join tracks on tracks.id = wanted.id where tracks.finished_at is null`,
      [[...ids]],
    );
    return rows.map((row) => row.id);
  } catch {
    // The database was killed a moment ago.
    return undefined;
  }
}
