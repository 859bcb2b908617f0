import { holdingOf, type LedgerAsRead } from "@segue/artifacts";
import { holdsOver, type Pool } from "@segue/catalog-db";
import type { ArtifactRecord } from "@segue/contracts";
import { z } from "zod";
import { type RecordedTrack, recordedFacts } from "./outcomes-of-record.ts";
import { type ArtifactRow, type Facts, mergeFacts, noFacts } from "./rows.ts";

const Unknown = z.object({ address: z.string() });
const Known = z.object({ address: z.string(), master: z.string() });
const Track = z
  .object({ id: z.string(), master: z.string(), wants: z.array(z.string()), accepted_at: z.date() })
  .transform(
    ({ id, accepted_at, ...track }): RecordedTrack => ({
      ...track,
      trackId: id,
      acceptedAt: accepted_at.toISOString(),
    }),
  );

/** Tracks that are told of in one transaction: thousands may share a master, and of all of them at once the database would have no end. */
const tracksAtOnce = 200;

export interface EarlierVersionsOptions {
  readonly pool: Pool;
  /** The one that has an object of its own. */
  readRecord(address: string): Promise<ArtifactRecord | undefined>;
}

/*
 * What follows is told in parts, each to be committed before the next is asked for. Artifacts come last: by these what is known is left out the next time, should
 * this one come to no end.
 */

/**
 * What records say that the present chain gives no address to: versions from before, and those that a newer chain has made. A record does
 * not name its track, but its inputs, whose inputs lead to the master.
 *
 * @param addresses of records; those that the catalog knows are left out without being read.
 */
export async function* readEarlierVersions(
  { pool, readRecord }: EarlierVersionsOptions,
  addresses: readonly string[],
): AsyncGenerator<Facts> {
  const unknown = await findUnknown(pool, addresses);
  const read = await Promise.all(unknown.map(readRecord));
  const records = read.filter((record) => record !== undefined);
  if (records.length === 0) return;
  yield* tellTracks(pool, records, await findMasters(pool, records, readRecord));
}

/** The same of what is with payloads. */
export async function* readEarlierWithPayloads(
  { pool, readRecord }: EarlierVersionsOptions,
  records: readonly ArtifactRecord[],
): AsyncGenerator<Facts> {
  const unknown = new Set(
    await findUnknown(
      pool,
      records.map(({ address }) => address),
    ),
  );
  const news = new Map(
    records.flatMap((one) => (unknown.has(one.address) ? [[one.address, one] as const] : [])),
  );
  const readAny = async (address: string) => holdingOf(await readRecord(address), news.get(address));
  const read = await Promise.all([...news.keys()].map(readAny));
  const held = read.filter((record) => record !== undefined);
  yield* tellTracks(pool, held, await findMasters(pool, held, readAny));
}

/** The same of what is in ledgers, which name their masters. A record of its own goes before. */
export async function* readEarlierInLedgers(
  { pool, readRecord }: EarlierVersionsOptions,
  ledgers: readonly (Pick<LedgerAsRead, "records"> & { readonly master: string })[],
): AsyncGenerator<Facts> {
  const kept = new Map(
    ledgers.flatMap(({ master, records }) =>
      records.map((record) => [record.address, { master, record }] as const),
    ),
  );
  const unknown = await findUnknown(pool, [...kept.keys()]);
  const records = await Promise.all(
    unknown.map(async (address) => (await readRecord(address)) ?? kept.get(address)?.record),
  );
  const masters = new Map([...kept].map(([address, { master }]) => [address, master]));
  yield* tellTracks(
    pool,
    records.filter((record) => record !== undefined),
    masters,
  );
}

/** Addresses of which the catalog has nothing. */
async function findUnknown(pool: Pool, addresses: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query(
    "select given.address from unnest($1::text[]) as given (address) where not exists (select from artifacts a where a.address = given.address)",
    [addresses],
  );
  return z
    .array(Unknown)
    .parse(rows)
    .map(({ address }) => address);
}

/** What records say to those tracks of their masters that want them. */
async function* tellTracks(
  pool: Pool,
  records: readonly ArtifactRecord[],
  masters: ReadonlyMap<string, string>,
): AsyncGenerator<Facts> {
  const ofMaster = Map.groupBy(records, ({ address }) => masters.get(address) ?? "");
  const artifacts = new Map<string, ArtifactRow>();
  const readAt = new Date();
  for await (const tracks of walkTracksOf(pool, [...ofMaster.keys()])) {
    const told = mergeFacts(
      tracks.flatMap((track) =>
        (ofMaster.get(track.master) ?? []).map((record) => recordedFacts(track, record, readAt)),
      ),
    );
    for (const row of told.artifacts) {
      const other = artifacts.get(row.address);
      if (!other || holdsOver(row, other)) artifacts.set(row.address, row);
    }
    yield { ...told, artifacts: [] };
  }
  if (artifacts.size > 0) yield { ...noFacts, artifacts: [...artifacts.values()] };
}

async function findMasters(
  pool: Pool,
  records: readonly ArtifactRecord[],
  readRecord: EarlierVersionsOptions["readRecord"],
): Promise<ReadonlyMap<string, string>> {
  const inputs = [...new Set(records.flatMap((record) => Object.values(record.inputs)))];
  const { rows } = await pool.query("select address, master from artifacts where address = any($1::text[])", [
    inputs,
  ]);
  const known = new Map(
    z
      .array(Known)
      .parse(rows)
      .map(({ address, master }) => [address, master]),
  );
  /** An address without a record is a master's, as that of any step's output has one. */
  const masterBehind = async (address: string): Promise<string> => {
    const there = known.get(address);
    if (there !== undefined) return there;
    const [input] = Object.values((await readRecord(address))?.inputs ?? {});
    const master = input === undefined ? address : await masterBehind(input);
    known.set(address, master);
    return master;
  };
  const found = await Promise.all(
    records.map(async ({ address }) => [address, await masterBehind(address)] as const),
  );
  return new Map(found);
}

/** Read in one go: each time the database sorts all that share these masters. */
const tracksRead = 10_000;

const selectTracksOf = `
select id, master, wants, accepted_at from tracks where master = any($1::text[]) and id > $2 order by id limit $3`;

const lowestId = "00000000-0000-0000-0000-000000000000";

async function* walkTracksOf(pool: Pool, masters: readonly string[]): AsyncGenerator<RecordedTrack[]> {
  for (let after: string | undefined = lowestId; after !== undefined; ) {
    const { rows }: { rows: unknown[] } = await pool.query(selectTracksOf, [masters, after, tracksRead]);
    const tracks = z.array(Track).parse(rows);
    for (let from = 0; from < tracks.length; from += tracksAtOnce)
      yield tracks.slice(from, from + tracksAtOnce);
    after = tracks.length < tracksRead ? undefined : tracks.at(-1)?.trackId;
  }
}
