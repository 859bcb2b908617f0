// What people say of tracks: the latest holds, whatever machines come to meanwhile, in what is read and in what is searched; it is there again when all is made anew from
// storage, and goes with its track.
import { randomBytes } from "node:crypto";
import { createCorrectionObjects } from "@segue/artifacts";
import {
  keepCorrection,
  listCorrected,
  type Pool,
  readChanges,
  readCorrections,
  readTrack,
} from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { Tempo, type TrackAccepted, trackObjectName } from "@segue/contracts";
import { createRandom } from "@segue/synth";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "./facts-of.ts";
import { accepted, chain, failed, names, outcome, replayed, trackId } from "./fixtures/chain.ts";
import { corrected } from "./fixtures/corrections.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { startTestStorage, type TestStorage } from "./fixtures/test-storage.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { introduceObjects } from "./reconcile/introduce-objects.ts";
import { createWatches } from "./reconcile/watches.ts";
import { mergeFacts } from "./rows.ts";
import { searchedKinds } from "./search/keep-facts.ts";
import { takeTurn } from "./search/take-turn.ts";
import { buryTracks } from "./takedowns/bury-tracks.ts";

const kinds = searchedKinds(chain.kinds);
const seed = Number(process.env.SEED ?? randomBytes(4).readUInt32LE());

describe.each(testDatabases)("corrections on an $name", (kind) => {
  let pool: Pool;
  let storage: TestStorage;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeAll(async () => {
    storage = await startTestStorage(["records", "assets"]);
  });
  afterAll(() => storage[Symbol.asyncDispose]());
  beforeEach(async () => {
    await emptyTables(pool);
    const bucket = names.bucket("records");
    for await (const { name } of storage.store.walkObjects({ bucket, prefix: "" }))
      await storage.store.deleteObject({ bucket, name });
  });

  const takeIn = async (track: TrackAccepted) => {
    const ref = { bucket: names.bucket("records"), name: trackObjectName(track.trackId) };
    await storage.store.writeObject({ ...ref, body: Buffer.from(JSON.stringify(track)), createOnly: true });
    await applyFacts(pool, chain, acceptedFacts(track));
  };
  const heard = (n: number, bpm: number, changes = {}) =>
    outcomeFacts(
      outcome(n, "tempo", {
        outcome: {
          status: "succeeded",
          facts: { bpm, confidence: 1, beatsSec: [], alternatives: [] },
          payload: null,
        },
        ...changes,
      }),
    );
  const say = async (track: TrackAccepted, number: number, bpm: number | null, tells = true) => {
    const correction = corrected(track, number, { facts: bpm === null ? null : { bpm } });
    await createCorrectionObjects(storage.store, names).create(correction);
    return keepCorrection(pool, correction, { tells });
  };
  const through = async () => {
    for (let more = true; more; ) more = (await takeTurn(pool, kinds))?.isMore ?? false;
  };
  const found = async () => {
    const { rows } = await pool.query(
      "select id, owner, shown -> 'tempo.bpm' as bpm from search_tracks order by id",
    );
    return rows.map(({ id, owner, bpm }) => [id, owner, bpm]);
  };

  test("the latest holds in what is read and searched, whatever is computed before, between and after, and again from storage alone", async () => {
    const random = createRandom(seed).next;
    const pick = (most: number) => Math.floor(random() * most);
    const owners = ["default", "default", "other"];
    const all = owners.map((owner, n) => {
      const plain = accepted(n + 1);
      return { ...plain, request: { ...plain.request, owner } };
    });
    const state = all.map((track) => ({
      ...{ track, said: 0, version: 1 },
      ...{ person: null as number | null, heardBpm: new Set<number>() },
    }));
    for (const track of all) await takeIn(track);
    let replays = 0;
    const acts = [
      async (one: (typeof state)[number]) => {
        one.person = 60.5 + pick(120);
        expect(await say(one.track, ++one.said, one.person)).toBe("kept");
      },
      async (one: (typeof state)[number]) => {
        one.person = null;
        await say(one.track, ++one.said, null);
      },
      async (one: (typeof state)[number], n: number) => {
        // A version that is new, or the same that is forced to be made again.
        if (random() < 0.5) one.version += 1;
        const bpm = 60 + pick(120);
        one.heardBpm.add(bpm);
        const replay = replayed(n, ["tempo"], 100 + one.said);
        const address = one.version.toString(16).padStart(64, String(n));
        await applyFacts(pool, chain, requestFacts(replay));
        const again = {
          requestId: replay.requestId,
          sec: 200 + replays++,
          version: one.version,
        };
        await applyFacts(pool, chain, heard(n, bpm, { ...again, address }));
      },
    ];
    const isAsItWasSaid = async () => {
      await through();
      const expected: unknown[] = [];
      for (const { track, person, heardBpm } of state) {
        const { trackId: id, request } = track;
        const read = (await readTrack(pool, id)) ?? expect.unreachable();
        expect(read.corrections.map(({ facts }) => facts)).toEqual(person === null ? [] : [{ bpm: person }]);
        const made = read.outcomes.find(({ step }) => step === "tempo")?.results[0];
        const { bpm = null } = made ? Tempo.facts.parse(made.facts) : {};
        // A person's are halves: none has come among the machine's.
        expect([seed, bpm === null || heardBpm.has(bpm)]).toEqual([seed, true]);
        expected.push([id, request.owner, person ?? bpm]);
      }
      expect([seed, await found()]).toEqual([seed, expected]);
    };
    for (let round = 0; round < 8; round++) {
      for (let act = 0; act < 4; act++) {
        const n = pick(all.length);
        await acts[pick(acts.length)]?.(state[n] ?? expect.unreachable(), n + 1);
      }
      await isAsItWasSaid();
    }
    const histories = () => Promise.all(all.map(({ trackId: id }) => readCorrections(pool, id)));
    const before = await histories();
    expect(before.map(({ length }) => length)).toEqual(state.map(({ said }) => said));

    await emptyTables(pool);
    await rebuildFromStorage({ pool, chain, names, store: storage.store });
    expect(await histories()).toEqual(before);
    await through();
    // No record of a result is in storage: what people have said is all that is known.
    expect(await found()).toEqual(
      state.map(({ track, person }) => [track.trackId, track.request.owner, person]),
    );
    // Again, beside what is there: nothing twice.
    await rebuildFromStorage({ pool, chain, names, store: storage.store });
    expect(await histories()).toEqual(before);
  });

  test("whoever follows the feed hears of each once; the same again is known", async () => {
    const track = accepted(1);
    await takeIn(track);
    const tellsOf = async () =>
      (await readChanges(pool, { after: 0, limit: 100 })).changes.filter(
        ({ type }) => type === "track.corrected",
      );
    expect([await say(track, 1, 128), await say(track, 1, 128), await say(track, 2, null)]).toEqual([
      ...["kept", "known", "kept"],
    ]);
    expect(await say(track, 3, 100, false)).toBe("kept");
    expect(await tellsOf()).toMatchObject(
      [1, 2].map(() => ({ trackId: trackId(1), owner: "default", state: "accepted" })),
    );
    const { changes } = await readChanges(pool, { after: 0, limit: 100 });
    expect(changes.map(({ number }) => number)).toEqual(changes.map((_, n) => n + 1));
  });

  test("of an owner's tracks those are listed of which something holds", async () => {
    const [first, second, third] = [accepted(1), accepted(2), accepted(3)];
    const theirs = { ...third, request: { ...third.request, owner: "other" } };
    for (const track of [first, second, theirs]) await takeIn(track);
    await say(first, 1, 128);
    await say(second, 1, 128);
    await say(second, 2, null);
    await say(theirs, 1, 128);
    const list = (owner: string, changes = {}) =>
      listCorrected(pool, { owner, after: undefined, kind: undefined, limit: 10, ...changes });
    expect(await list("default")).toEqual([trackId(1)]);
    expect(await list("other")).toEqual([trackId(3)]);
    expect([await list("default", { kind: "tempo" }), await list("default", { kind: "key" })]).toEqual([
      [trackId(1)],
      [],
    ]);
    expect(await list("default", { after: trackId(1) })).toEqual([]);
  });

  test("a failed step leaves a person's value to be found by", async () => {
    const track = accepted(1);
    await takeIn(track);
    await applyFacts(pool, chain, mergeFacts([outcomeFacts(outcome(1, "decode", failed()))]));
    await say(track, 1, 97);
    await through();
    expect(await found()).toEqual([[trackId(1), "default", 97]]);
    const { rows } = await pool.query(
      "select name from search_keywords k join search_facts f on f.id = k.fact where f.kind = 'tempo'",
    );
    expect(rows).toEqual([]);
  });

  test("a track that was deleted takes them along, and takes no more; what is told of it is looked for", async () => {
    const track = accepted(1);
    await takeIn(track);
    expect(await say(accepted(2), 1, 128)).toBe("unknown");
    await say(track, 1, 128);
    const burial = { takedownId: trackId(9), cause: "delete", owner: "default" };
    await buryTracks(pool, [track.trackId], burial);
    await pool.query("update deleted_tracks set is_news = false");
    const rows = async () => (await pool.query("select * from track_corrections")).rows;
    expect(await rows()).toEqual([]);
    expect(await say(track, 2, 100)).toBe("deleted");
    expect(await rows()).toEqual([]);
    expect((await pool.query("select is_news from deleted_tracks")).rows).toEqual([{ is_news: true }]);
    // A row that is committed between what a burial reads and what it deletes goes as well.
    const other = accepted(2);
    await takeIn(other);
    await say(other, 1, 128);
    await pool.query("delete from tracks where id = $1", [other.trackId]);
    expect(await rows()).toEqual([]);
  });

  test("a database that was made anew has them with the tracks that are found in storage", async () => {
    const track = accepted(1);
    await takeIn(track);
    await say(track, 1, 128);
    await say(track, 2, 130);
    await emptyTables(pool);
    const { log } = createTelemetry({ service: "catalog", level: "silent" });
    const options = { store: storage.store, pool, watches: createWatches(pool), chain, names, log };
    const unread = await introduceObjects({ ...options, onEvent() {}, now: () => new Date() }, [
      trackObjectName(track.trackId),
    ]);
    expect(unread).toEqual([]);
    expect((await readTrack(pool, track.trackId))?.corrections).toMatchObject([
      { number: 2, facts: { bpm: 130 } },
    ]);
  });
});
