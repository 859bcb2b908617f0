// Corrections as a client sees them: put, taken back, listed; what is no value of the kind's is refused, and another owner sees nothing.
import { createId } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type KeyedApi, type Seen, startKeyedApi } from "../fixtures/keyed-api.ts";
import { insertOwnedTrack, type OwnedTrack, sha256 } from "../fixtures/owned-tracks.ts";

let keyed: KeyedApi;
let own: string;
let theirs: string;
let reader: string;
const tracks: OwnedTrack[] = [];

beforeAll(async () => {
  keyed = await startKeyedApi();
  own = (await keyed.makeKey({ owner: "acme", name: "own" })).key;
  reader = (await keyed.makeKey({ owner: "acme", name: "reader", scopes: ["tracks:read"] })).key;
  theirs = (await keyed.makeKey({ owner: "bert", name: "theirs" })).key;
  for (let n = 0; n < 4; n++) tracks.push(await insertOwnedTrack(keyed.api, "acme", n, `acme bytes ${n}`));
});
afterAll(() => keyed[Symbol.asyncDispose]());

const at = (n: number) => tracks[n] ?? expect.unreachable();
const pathOf = ({ id }: { id: string }, kind = "") => `/v1/tracks/${id}/corrections${kind && `/${kind}`}`;
const put = (key: string, path: string, body: object): Promise<Seen> =>
  keyed.ask(key, path, {
    method: "PUT",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
const remove = (key: string, path: string) => keyed.ask(key, path, { method: "DELETE" });

/** As the catalog does it when a step has succeeded. */
async function hear({ id, master }: OwnedTrack, version: number, bpm: number): Promise<void> {
  const address = sha256(`tempo ${version} of ${master}`);
  const { pool } = keyed.api;
  await pool.query(
    "insert into artifacts values ($1, 'tempo', 'tempo', $2, $3, $4, null, now()) on conflict do nothing",
    [address, version, master, JSON.stringify({ bpm, confidence: 1, beatsSec: [], alternatives: [] })],
  );
  await pool.query(
    `update step_outcomes set status = 'succeeded', address = $2, version = $3, error_code = null, error_message = null
     where track_id = $1 and step = 'tempo'`,
    [id, address, version],
  );
}

test("a person's value stands beside the machine's, with who and when, until it is taken back", async () => {
  await hear(at(0), 1, 64);
  const said = await put(own, pathOf(at(0), "tempo"), { facts: { bpm: 128 }, author: "Ada", note: "half" });
  expect(said).toMatchObject({ status: 200 });
  expect(said.json).toMatchObject({
    ...{ number: 1, kind: "tempo", facts: { bpm: 128 }, author: "Ada", note: "half", version: 1 },
    machine: { version: 1, facts: { bpm: 64 } },
    disagreements: [{ fact: "tempo.bpm", person: 128, machine: 64, relation: "half" }],
  });
  const { json: track } = await keyed.ask(own, `/v1/tracks/${at(0).id}`);
  expect(track).toMatchObject({
    corrections: { tempo: said.json },
    results: { tempo: { facts: { bpm: 64 } } },
  });
  // A newer version, and what people think of it.
  await hear(at(0), 2, 126);
  const { json } = await keyed.ask(reader, pathOf(at(0)));
  expect(json).toMatchObject({
    corrections: { tempo: { version: 2, machine: { version: 1 }, disagreements: [] } },
    history: [{ number: 1, facts: { bpm: 128 } }],
  });
  expect(await remove(own, pathOf(at(0), "tempo"))).toMatchObject({ status: 204, text: "" });
  expect(await remove(own, pathOf(at(0), "tempo"))).toMatchObject({
    status: 404,
    json: { code: "not-found" },
  });
  expect((await keyed.ask(own, pathOf(at(0)))).json).toMatchObject({
    corrections: {},
    history: [{ facts: { bpm: 128 } }, { number: 2, facts: null, machine: null }],
  });
});

test("the same again changes nothing; another value follows it; two at once both hold, one after the other", async () => {
  const path = pathOf(at(1), "tempo");
  const numbers: unknown[] = [];
  for (const bpm of [100, 100, 101]) numbers.push((await put(own, path, { facts: { bpm } })).json.number);
  expect(numbers).toEqual([1, 1, 2]);
  const many = await Promise.all([102, 103, 104, 105].map((bpm) => put(own, path, { facts: { bpm } })));
  expect(many.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const { history } = (await keyed.ask(own, pathOf(at(1)))).json as { history: { number: number }[] };
  expect(history.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("what somebody left in storage who died before the catalog was told is made known by the next", async () => {
  const { context } = keyed.api;
  const { id: trackId } = at(2);
  const left = { v: 1, type: "Correction", trackId, owner: "acme", number: 1, kind: "tempo" } as const;
  await context.corrections.create({
    ...{ ...left, facts: { bpm: 77 }, machine: null, by: "k", author: null, note: null },
    at: new Date().toISOString(),
  });
  expect((await put(own, pathOf(at(2), "tempo"), { facts: { bpm: 78 } })).json).toMatchObject({ number: 2 });
  const { json } = await keyed.ask(own, pathOf(at(2)));
  expect(json).toMatchObject({ history: [{ facts: { bpm: 77 } }, { facts: { bpm: 78 } }] });
});

test.each([
  ["tempo", { facts: {} }, "at least one"],
  ["tempo", { facts: { bpm: -1 } }, "facts.bpm"],
  ["tempo", { facts: { bpm: "fast" } }, "facts.bpm"],
  ["tempo", { facts: { confidence: 1 } }, "can't be corrected"],
  ["tempo", { facts: { bpm: 100, __proto__x: 1 } }, "can't be corrected"],
  ["tempo", { facts: { bpm: 100 }, who: "me" }, "unknown"],
  ["tempo", {}, "facts"],
])("%s %j is refused", async (kind, body, words) => {
  const { status, json } = await put(own, pathOf(at(3), kind), body);
  expect([status, json.code]).toEqual([400, "invalid-request"]);
  expect(json.detail).toContain(words);
});

test("a kind that can't be corrected says which can", async () => {
  for (const kind of ["pcm", "nothing"]) {
    const { status, json } = await put(own, pathOf(at(3), kind), { facts: { bpm: 100 } });
    expect([status, json.code]).toEqual([404, "not-found"]);
    expect(json.detail).toContain("tempo");
  }
});

test("a key that reads may not correct, and another owner's is told what one is told of no track", async () => {
  expect(await put(reader, pathOf(at(3), "tempo"), { facts: { bpm: 100 } })).toMatchObject({ status: 403 });
  await put(own, pathOf(at(3), "tempo"), { facts: { bpm: 99.5 }, author: "acme-author" });
  const nobodys = { id: createId(new Date()) };
  const blind = ({ status, text }: Seen, id: string) => [
    status,
    text.replaceAll(id, "ID").replaceAll(/"requestId":"[^"]*"/g, ""),
  ];
  for (const ask of [
    (track: { id: string }) => keyed.ask(theirs, pathOf(track)),
    (track: { id: string }) => put(theirs, pathOf(track, "tempo"), { facts: { bpm: 100 } }),
    (track: { id: string }) => remove(theirs, pathOf(track, "tempo")),
  ])
    expect(blind(await ask(at(3)), at(3).id)).toEqual(blind(await ask(nobodys), nobodys.id));
  const { json, text } = await keyed.ask(theirs, "/v1/corrections");
  expect(json).toEqual({ tracks: [], nextCursor: null });
  expect(text).not.toContain("acme");
});

test("those on which people and the machine disagree are listed page by page", async () => {
  for (const [n, bpm] of [128, 64, 128.9, 100].entries()) {
    await hear(at(n), 9, bpm);
    await put(own, pathOf(at(n), "tempo"), { facts: { bpm: 128 } });
  }
  const walk = async (query: string) => {
    const found: string[] = [];
    const pages: number[] = [];
    for (let cursor: unknown = ""; cursor !== null; ) {
      const behind = cursor === "" ? "" : `&cursor=${cursor}`;
      const { json } = await keyed.ask(own, `/v1/corrections?limit=2${query}${behind}`);
      const page = json.tracks as {
        id: string;
        corrections: { tempo: { disagreements: { relation: string }[] } };
      }[];
      pages.push(page.length);
      found.push(
        ...page.map(
          ({ id, corrections }) => `${id} ${corrections.tempo.disagreements[0]?.relation ?? "agrees"}`,
        ),
      );
      cursor = json.nextCursor;
    }
    return { found, pages };
  };
  const ids = tracks.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted());
  expect(await walk("")).toEqual({
    found: [`${ids[0]} agrees`, `${ids[1]} half`, `${ids[2]} agrees`, `${ids[3]} other`],
    pages: [2, 2],
  });
  expect((await walk("&disagreeing=true")).found).toEqual([`${ids[1]} half`, `${ids[3]} other`]);
  expect((await walk("&kind=key")).found).toEqual([]);
  expect(await keyed.ask(own, "/v1/corrections?cursor=none")).toMatchObject({ status: 400 });
});

test("a track that is deleted has none, and takes none", async () => {
  const gone = await insertOwnedTrack(keyed.api, "acme", 7, "acme bytes 7");
  await put(own, pathOf(gone, "tempo"), { facts: { bpm: 100 } });
  const { pool } = keyed.api;
  await pool.query(
    "insert into deleted_tracks (id, takedown_id, owner, cause) values ($1, $1, 'acme', 'delete')",
    [gone.id],
  );
  await pool.query("delete from tracks where id = $1", [gone.id]);
  for (const seen of [
    await keyed.ask(own, pathOf(gone)),
    await put(own, pathOf(gone, "tempo"), { facts: { bpm: 101 } }),
    await remove(own, pathOf(gone, "tempo")),
  ])
    expect(seen).toMatchObject({ status: 410, json: { code: "track-deleted" } });
});

test("while the database is away nothing is promised, and nothing is written", async () => {
  const before = (await keyed.api.objects("records")).length;
  await keyed.api.stopDatabase();
  for (const seen of [
    await keyed.ask(own, pathOf(at(0))),
    await put(own, pathOf(at(0), "tempo"), { facts: { bpm: 90 } }),
    await keyed.ask(own, "/v1/corrections"),
  ])
    expect(seen).toMatchObject({ status: 503 });
  expect((await keyed.api.objects("records")).length).toBe(before);
});
