// Machines whose clocks are wrong: none of them has the last word for that.
import { type Pool, readHistory, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { catalogConsumer } from "@segue/chain";
import {
  type BackfillRequested,
  createId,
  type Request,
  type StepOutcome,
  type TrackAccepted,
} from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { createBackfillRows } from "./backfill/backfill-rows.ts";
import { accepted, at, chain, masterOf, names, outcome, requested, trackId } from "./fixtures/chain.ts";
import { seededRandom, shuffleWithDuplicates } from "./fixtures/shuffle.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { recordedFacts } from "./outcomes-of-record.ts";
import { createFactReader } from "./read-facts.ts";
import { createWatches } from "./reconcile/watches.ts";
import { type Facts, mergeFacts } from "./rows.ts";

const reader = createFactReader(chain, names);

/** What a message says, published so many seconds after a fixed instant by the queue's clock. */
function told(sec: number, json: TrackAccepted | Request | StepOutcome | BackfillRequested): Facts {
  const topic = json.type === "StepOutcome" ? "outcomes" : "tracks";
  return reader.read({
    ...{ id: "m1", attributes: {}, topic, subscription: names.subscription(topic, catalogConsumer) },
    data: Buffer.from(JSON.stringify(json)),
    publishedAt: new Date(at(sec)),
  });
}

const dayAheadSec = 86_400;

/** One second of work on tempo, ended then by the worker's own clock. */
function made(sec: number, requestId: string, bpm: number): StepOutcome {
  const attempt = { ...outcome(1, "tempo", { sec }).attempt, worker: `made ${bpm}` };
  const success = { status: "succeeded", facts: { bpm }, payload: null } as const;
  return outcome(1, "tempo", { requestId, attempt, outcome: success });
}

function asked(sec: number): Request {
  const requestId = createId(new Date(at(sec)));
  const forced = { targets: ["tempo"], wants: ["tempo"], force: ["tempo"] };
  return requested(1, { requestId, cause: "replay", ...forced, requestedAt: at(sec) });
}

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    ({ pool } = opened);
  });
  beforeEach(() => emptyTables(pool));
  const apply = (...facts: readonly Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const track = accepted(1, { targets: ["tempo"], wants: ["tempo"], acceptedAt: at(0) });
  const countWatches = async () => (await pool.query("select from replay_watches")).rowCount;
  const readBpm = async () => {
    const json = JSON.stringify(await readTrack(pool, trackId(1)));
    return json.match(/"(bpm|worker)":[^,}]+/g)?.toSorted();
  };
  const ofForced = ['"bpm":120', '"worker":"made 120"'];

  test.each([
    ["ahead", 602, 63],
    ["behind", 2, -540],
  ])(
    "what a forced replay has made holds where a worker's clock is %s",
    async (which, firstSec, secondSec) => {
      const replay = asked(60);
      await apply(told(2.5, track), told(3, made(which === "ahead" ? firstSec : 2, trackId(1), 60)));
      await apply(told(60, replay));
      await apply(told(64, made(secondSec, replay.requestId, 120)));
      expect(await readBpm()).toEqual(ofForced);
      expect(await countWatches()).toBe(0);
    },
  );

  test.each([["found"], ["found before it was replaced, and told late"]])(
    "of two runs the one holds that has followed the other in storage, though that was looked up since, and %s",
    async (order) => {
      const first = { ...made(10, trackId(1), 60), madeAt: at(10) };
      // Whoever writes second ends after the first, however long ago it was at work.
      const second = { ...made(10.001, createId(new Date(at(1))), 120), madeAt: at(10.001) };
      const looked = { ...first.attempt, worker: "looked", startedAt: at(12), finishedAt: at(12.1) };
      const skipped = { ...first, how: "skipped" as const, attempt: looked };
      await apply(told(2.5, track), told(11, first));
      const last = [told(13, skipped), told(20, second)];
      for (const each of order === "found" ? last : last.toReversed()) await apply(each);
      expect(await readBpm()).toEqual(ofForced);
    },
  );

  test("in any order, and however often", async () => {
    const replay = asked(60);
    const all = [
      told(1, track),
      told(3, made(602, trackId(1), 60)),
      told(60, replay),
      told(64, made(-540, replay.requestId, 120)),
    ];
    for (const facts of shuffleWithDuplicates(all, seededRandom(1))) await apply(facts);
    expect(await readBpm()).toEqual(ofForced);
    expect((await readHistory(pool, trackId(1))).attempts).toHaveLength(2);
  });

  test("what nobody has answered stays watched although an attempt before it seems to be of later", async () => {
    await apply(told(1, track), told(3, made(602, trackId(1), 60)));
    await apply(told(60, asked(60)));
    expect(await countWatches()).toBe(1);
  });

  test.each([
    ["in order", [3, 90]],
    ["the other way around", [90, 3]],
  ])("an attempt that is told of twice is where it was told first: %s", async (_, times) => {
    await apply(told(1, track));
    for (const sec of times) await apply(told(sec, made(602, trackId(1), 60)));
    const { attempts } = await readHistory(pool, trackId(1));
    expect(attempts).toMatchObject([{ attempt: { startedAt: at(2), finishedAt: at(3) } }]);
  });

  test("a track of which a worker a day ahead has told is quiet after a while", async () => {
    await apply(told(1, track), told(3, outcome(1, "decode", { sec: dayAheadSec })));
    const look = (sec: number) => createWatches(pool).findDue(new Date(at(sec)), 60_000, 10);
    expect(await look(62)).toMatchObject([{ isHeardOf: true }]);
    expect(await look(65)).toMatchObject([{ isHeardOf: false }]);
  });

  test("a track of an API a day ahead is looked at after a while", async () => {
    const id = createId(new Date(at(dayAheadSec)));
    await apply(told(1, accepted(1, { trackId: id, acceptedAt: at(dayAheadSec) })));
    expect(await createWatches(pool).findDue(new Date(at(65)), 60_000, 10)).toMatchObject([{ id }]);
  });

  test.each([
    ["behind", 600, 660],
    ["ahead", 720, 720],
  ])(
    "a backfill of an API whose clock is %s leaves out nothing that was accepted before it",
    async (_, requestedSec, ofSec) => {
      const backfillId = createId(new Date(at(requestedSec)));
      const backfill: BackfillRequested = {
        v: 1,
        type: "BackfillRequested",
        backfillId,
        targets: ["tempo"],
        force: [],
        selection: { trackId: null, acceptedSince: null, state: null },
        inFlight: 10,
        requestedAt: at(requestedSec),
      };
      await apply(told(660, backfill));
      // Told once more: it is of the same time.
      await apply(told(900, backfill));
      const { rows } = await pool.query("select requested_at from backfills");
      expect(rows).toEqual([{ requested_at: new Date(at(ofSec)) }]);
    },
  );

  test("an item of a backfill is not over by what was made before it, and is overdue in time", async () => {
    const backfill = "018f0000-0000-7000-8000-0000000000b1";
    await apply(told(1, track), told(3, made(4 * 365 * dayAheadSec, trackId(1), 60)));
    const replay = asked(60);
    await apply(told(60, replay));
    await pool.query(
      `insert into backfill_tracks (backfill_id, track_id, request_id, announced_at, announce_again_at)
       values ($1, $2, $3, $4, $4)`,
      [backfill, trackId(1), replay.requestId, at(60)],
    );
    expect(await createBackfillRows(pool, chain).underWay(backfill, 60_000)).toMatchObject([
      { overdue: true, ends: [] },
    ]);
  });
});

test("what storage keeps of attempts is in the order in which one followed the other", () => {
  const { attempt: first } = made(602, trackId(1), 60);
  const { attempt } = made(63, trackId(2), 120);
  const { address, kind, step, version, outcome: success } = made(63, trackId(2), 120);
  const record = {
    ...{ v: 1 as const, address, kind, step: { name: step, version }, inputs: {}, outcome: success },
    ...{ attempt, firstAttempt: first, requestId: trackId(2) },
  };
  const of = { trackId: trackId(1), master: masterOf(1), wants: ["tempo"], acceptedAt: at(-1_000) };
  const { attempts } = recordedFacts(of, record, new Date(at(1_000)));
  expect(attempts).toMatchObject([
    { worker: "made 60", started_at: at(61), finished_at: at(62), wasAhead: true },
    { worker: "made 120", started_at: at(62), finished_at: at(63) },
  ]);
  const ahead = recordedFacts(of, { ...record, attempt: made(dayAheadSec, "", 1).attempt }, new Date(at(70)));
  expect(ahead.attempts.map(({ finished_at }) => finished_at)).toEqual([at(69), at(70)]);
});
