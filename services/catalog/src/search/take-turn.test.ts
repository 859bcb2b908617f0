import {
  askForRebuild,
  inTransaction,
  type Pool,
  readSearchProgress,
  type SearchCondition,
  searchTracks,
} from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { beginFeedAnewSql } from "../changes/tell-changes.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "../facts-of.ts";
import { accepted, chain, failed, outcome, replayed, trackId } from "../fixtures/chain.ts";
import { useConnections } from "../fixtures/search.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { type Facts, mergeFacts } from "../rows.ts";
import { searchedKinds } from "./keep-facts.ts";
import { takePlace } from "./search-place.ts";
import { takeTurn } from "./take-turn.ts";

const kinds = searchedKinds(chain.kinds);
const decoded = (n: number) => ({
  ...{ durationSec: 60 + n, warnings: [] },
  tags: { title: `Título ${n}`, odd: "name" },
});
const begin = "set local statement_timeout = 30000";

describe.each(testDatabases)("search over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const apply = (...facts: Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const track = (n: number) => acceptedFacts(accepted(n));
  const made = (n: number, step: string, facts: object, changes = {}) =>
    outcomeFacts(outcome(n, step, { outcome: { status: "succeeded", facts, payload: null }, ...changes }));
  const tempo = (n: number, bpm: number, changes = {}) =>
    made(n, "tempo", { bpm, confidence: 0.9, beatsSec: [], alternatives: [] }, changes);
  const done = (n: number, bpm: number, changes = {}) => [
    made(n, "decode", decoded(n), changes),
    made(n, "downsample", {}, changes),
    tempo(n, bpm, changes),
    made(n, "key", { key: "A", mode: "minor", camelot: "8A", confidence: 0.5, curve: [] }, changes),
    made(n, "encode", { sizeBytes: 1_000 }, changes),
  ];
  const through = async () => {
    for (let more = true; more; ) more = (await takeTurn(pool, kinds))?.isMore ?? false;
  };
  const rows = async () => {
    const { rows: found } = await pool.query<{ id: string; state: string; shown: Record<string, unknown> }>(
      "select id, state, shown from search_tracks order by id",
    );
    return found.map(({ id, state, shown }) => [id, state, shown["tempo.bpm"] ?? null]);
  };
  /** All of it, but numbers that were given in the order in which things came. */
  const whole = async () => {
    const { rows: found } = await pool.query(
      `select t.id, owner, state, accepted_at, dice, ranked, numbers, scores, title, file_name, words, shown,
         array(select k.fact || ':' || k.value from unnest(t.keywords) with ordinality x(id, place) join search_keywords k on k.id = x.id order by place) as keywords
       from search_tracks t order by id`,
    );
    return found;
  };
  const madeAnew = async () => {
    await pool.query("truncate search_lacking, search_vectors, search_tracks, search_place, search_keywords");
    await through();
    return whole();
  };

  test("a track is found as it is: accepted, done, failed, in part, and while it is made again", async () => {
    await apply(track(1), track(2), track(3));
    await through();
    expect(await rows()).toEqual([1, 2, 3].map((n) => [trackId(n), "accepted", null]));
    await apply(...done(1, 124), outcomeFacts(outcome(2, "decode", failed())));
    await apply(...done(3, 90).slice(0, 4), outcomeFacts(outcome(3, "encode", failed())));
    await through();
    expect(await rows()).toEqual([
      [trackId(1), "done", 124],
      [trackId(2), "failed", null],
      [trackId(3), "partial", 90],
    ]);
    const replay = replayed(3, ["tempo"], 10);
    await apply(requestFacts(replay));
    const again = { requestId: replay.requestId, sec: 20 };
    await apply(...done(3, 180, again));
    await through();
    const [, , third] = await whole();
    expect(third).toMatchObject({ state: "done", title: "Título 3", file_name: "song 3.mp3" });
    expect(third.shown["tempo.bpm"]).toBe(180);
    expect(await madeAnew()).toEqual(await whole());
  });

  test("what it has is what kinds have indexed, and no names that strangers make up", async () => {
    await apply(track(1), ...done(1, 124.5));
    await through();
    const [row] = await whole();
    expect(row.shown).toMatchObject({ "tempo.bpm": 124.5, "key.camelot": "8A", "pcm.durationSec": 61 });
    expect(row.words).toContain("'titulo'");
    expect(row.words).not.toContain("name");
    const { rows: facts } = await pool.query("select name from search_facts where kind = 'pcm'");
    expect(facts.map(({ name }) => name)).toContain("pcm.durationSec");
    expect(facts.map(({ name }) => name)).not.toContain("pcm.tags.odd");
  });

  test("what its client has said of it is found as words and as a whole, by its owner alone, as far as there is room", async () => {
    const long = Array.from({ length: 100 }, (_, n) => `w${n}`).join(" ");
    const metadata = { id: "acme-4711", Label: "Blue Note", long, longer: long.replaceAll("w", "v") };
    const theirs = { ...accepted(1), metadata };
    const request = { ...theirs.request, owner: "acme" };
    await apply(acceptedFacts({ ...theirs, request }), acceptedFacts({ ...accepted(2), metadata }));
    await through();
    const find = async (owner: string, condition: SearchCondition) => {
      const order = { by: null, descending: false };
      const hits = await searchTracks(pool, {
        owner,
        order,
        conditions: [condition],
        behind: null,
        limit: 9,
      });
      return hits.map(({ id }) => id);
    };
    const said = (name: string, ...any: string[]): SearchCondition => ({ type: "metadata", name, any });
    const words = (...all: string[]): SearchCondition => ({ type: "words", fact: null, words: all });
    for (const [owner, n] of [
      ["acme", 1],
      ["default", 2],
    ] as const) {
      expect(await find(owner, said("id", "ACME-4711"))).toEqual([trackId(n)]);
      expect(await find(owner, said("label", "x", " blue\tnote "))).toEqual([trackId(n)]);
      expect(await find(owner, said("label", "blue"))).toEqual([]);
      expect(await find(owner, said("longer", metadata.longer))).toEqual([trackId(n)]);
      expect(await find(owner, words("4711", "no"))).toEqual([trackId(n)]);
      expect(await find(owner, words("w50"))).toEqual([trackId(n)]);
      // Of all texts together so many words.
      expect(await find(owner, words("v99"))).toEqual([]);
    }
    expect(await find("bert", said("id", "acme-4711"))).toEqual([]);
    expect(await madeAnew()).toEqual(await whole());
  });

  test("nothing new is one look that writes nothing, and what is as it was is not written again", async () => {
    await apply(track(1), ...done(1, 124));
    await through();
    expect(await takeTurn(pool, kinds)).toMatchObject({
      written: 0,
      isMore: false,
      behindMs: 0,
      began: null,
    });
    await apply(track(1), ...done(1, 124));
    await pool.query("update search_place set position = 0");
    expect(await takeTurn(pool, kinds)).toMatchObject({ written: 0, began: null });
  });

  test("after a gap, with another epoch, and where somebody asks for it, all tracks are gone through", async () => {
    await apply(track(1), track(2), ...done(1, 124));
    await through();
    const feed = (sql: string) => pool.query(sql);
    await apply(...done(2, 100));
    await feed("update change_feed set gone_through = (select max(number) from changes)");
    await feed("delete from changes");
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: "gap", isThrough: true });
    expect(await rows()).toEqual([
      [trackId(1), "done", 124],
      [trackId(2), "done", 100],
    ]);
    // What nobody was told of: a track is gone, another is another's.
    await feed(`delete from tracks where id = '${trackId(1)}'`);
    await feed("update tracks set owner = 'acme'");
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: null, written: 0 });
    await feed(beginFeedAnewSql);
    expect(await readSearchProgress(pool)).toMatchObject({ isComplete: false });
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: "gap", written: 1 });
    expect(await whole()).toMatchObject([{ id: trackId(2), owner: "acme" }]);
    await feed("update search_tracks set state = 'lost'");
    const rebuild = await askForRebuild(pool);
    expect(await readSearchProgress(pool)).toMatchObject({ isComplete: false, asked: rebuild });
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: "rebuild", isThrough: true });
    expect(await readSearchProgress(pool)).toEqual({ isComplete: true, asked: rebuild, rebuild });
    expect(await whole()).toMatchObject([{ state: "done" }]);
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: null });
  });

  test("a walk takes several turns, and what happens meanwhile is not lost behind it", async () => {
    const many = Array.from({ length: 450 }, (_, n) => n + 1);
    await apply(...many.map(track));
    await pool.query(beginFeedAnewSql);
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: "gap", isMore: true, isThrough: false });
    expect(await rows()).toHaveLength(200);
    // One that was passed, and one that was not.
    await apply(...done(7, 124), ...done(440, 90));
    await pool.query(`delete from tracks where id = $1`, [trackId(300)]);
    await through();
    const found = await rows();
    expect(found).toHaveLength(449);
    expect(found.filter(([, state]) => state === "done")).toEqual([
      [trackId(7), "done", 124],
      [trackId(440), "done", 90],
    ]);
  });

  test("it is cut off at any statement: the next turn makes it as if nothing had been", async () => {
    await apply(track(1), track(2), ...done(1, 124));
    for (let at = 1; ; at++) {
      const before = await whole();
      const { cut, isCut } = useConnections(pool, at);
      const turn = await takeTurn(cut, kinds).catch((error: unknown) => error);
      if (!isCut()) {
        expect(at).toBeGreaterThan(8);
        expect(turn).toMatchObject({ isThrough: true });
        break;
      }
      expect(turn).toBeInstanceOf(Error);
      expect(await whole()).toEqual(before);
    }
    expect(await rows()).toEqual([
      [trackId(1), "done", 124],
      [trackId(2), "accepted", null],
    ]);
  });

  // The embedded one has no two transactions at once.
  test.runIf(kind.name === "Postgres server")("while one works, another does not wait for it", async () => {
    await through();
    const worked = inTransaction(
      pool,
      { statementMs: 30_000 },
      async (client) => {
        expect(await takePlace(client)).toBe(true);
        expect(await takeTurn(pool, kinds)).toBeUndefined();
      },
      { begin },
    );
    await worked;
    expect(await takeTurn(pool, kinds)).toMatchObject({ began: null });
  });

  test("of two at once each does what the other has not, and nothing is lost between them", async () => {
    let isWriting = true;
    const follow = async () => {
      while (isWriting) await takeTurn(pool, kinds);
    };
    const followers = [follow(), follow()];
    for (let n = 1; n <= 12; n++) {
      await apply(track(n));
      await apply(...done(n, 100 + n));
    }
    isWriting = false;
    await Promise.all(followers);
    await through();
    const kept = await whole();
    expect(kept).toHaveLength(12);
    expect(await madeAnew()).toEqual(kept);
  });

  test("a kind that is looked at otherwise has tracks gone through, once; one that is new has not", async () => {
    await apply(track(1), ...done(1, 124));
    await through();
    const turn = async (changed: Parameters<typeof searchedKinds>[0]) =>
      (await takeTurn(pool, searchedKinds(changed)))?.began;
    const sung = { name: "sung", schema: { properties: { lines: { type: "integer" } } } };
    expect(await turn([...chain.kinds, sung])).toBeNull();
    const plain = {
      type: "object",
      properties: { bpm: { type: "number" }, beatsSec: { "x-index": "none" } },
    };
    const other = chain.kinds.map((each) =>
      each.name === "tempo" ? { name: "tempo", schema: plain } : each,
    );
    expect(await turn(other)).toBe("kinds");
    // Two releases, by turns.
    expect(await turn(chain.kinds)).toBeNull();
    expect(await turn(other)).toBeNull();
    const { rows: facts } = await pool.query("select name, ranked from search_facts where kind = 'sung'");
    expect(facts).toEqual([{ name: "sung.lines", ranked: null }]);
  });
});
