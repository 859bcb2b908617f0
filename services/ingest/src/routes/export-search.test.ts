import { connect as connectSocket } from "node:net";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { Key, Mono16k, Problem, Tags } from "@segue/contracts";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";
import { insertManyTracks, insertWholeTrack } from "../fixtures/whole-tracks.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const heard = createChain([
  ...chain.steps,
  stepSpec("key", [Mono16k], Key),
  stepSpec("tags", [Mono16k], Tags),
]);

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({}, { chain: heard });
});
afterAll(() => api[Symbol.asyncDispose]());

const ask = (query: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(`${api.url}/v1/search/export?${new URLSearchParams(query)}`, init);
const text = async (query: Record<string, string>) => {
  const answer = await ask(query);
  const body = await answer.text();
  expect([query, answer.status, body]).toEqual([query, 200, body]);
  return body;
};
const lines = async (query: Record<string, string>) =>
  (await text({ ...query, format: "jsonl" }))
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));

const tempo = { bpm: 120.5, confidence: 0.9, beatsSec: [0.1, 0.6], alternatives: [] };
const key = { key: "A", mode: "minor", strength: 0.8, confidence: 0.7, camelot: "8A", openKey: "1m" };
const tags = {
  tags: [
    { tag: "techno", score: 0.93 },
    { tag: "fast", score: 0.5 },
  ],
  model: { name: "m", version: "1", digest: "a".repeat(64) },
  patches: 3,
};

const insertTwo = async () => {
  await insertWholeTrack(api, {
    ...{ id: idOf(1), title: '=HYPERLINK("http://evil.example")', fileName: "a, b.mp3", bpm: 120.5 },
    metadata: { label: "@Blue Note", id: "acme;1", constructor: "Ada" },
    facts: { tempo, key, tags },
  });
  await insertWholeTrack(api, {
    ...{ id: idOf(2), facts: { pcm: { tags: { title: "Its own" }, gainDb: -3 } } },
  });
};

describe("what is found", () => {
  beforeAll(insertTwo);

  test("as CSV: columns by what kinds have indexed, formulas as text, numbers as numbers", async () => {
    const answer = await ask({ columns: "id,title,fileName,bpm,camelot,tags,tags.score,metadata,errors" });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": "attachment; filename=tracks.csv",
      "x-search-is-complete": "true",
    });
    expect((await answer.text()).split("\r\n")).toEqual([
      "id,title,fileName,tempo.bpm,key.camelot,tags.tags,tags.tags.score,metadata,errors",
      `${idOf(2)},Its own,,,,,,,`,
      `${idOf(1)},"'=HYPERLINK(""http://evil.example"")","a, b.mp3",120.5,8A,techno; fast,0.93; 0.5,` +
        '"{""id"":""acme;1"",""label"":""@Blue Note"",""constructor"":""Ada""}",',
      "",
    ]);
    const said = await text({ columns: "metadata.label,metadata.constructor,metadata.toString,bpm" });
    expect(said.split("\r\n").slice(0, 3)).toEqual([
      "metadata.label,metadata.constructor,metadata.toString,tempo.bpm",
      ",,,",
      "'@Blue Note,Ada,,120.5",
    ]);
  });

  test("as JSON lines, with what belongs to a search: conditions, order, and how many", async () => {
    const [first, second, ...others] = await lines({ sort: "accepted" });
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      ...{ id: idOf(1), state: "done", title: '=HYPERLINK("http://evil.example")', errors: null },
      ...{ acceptedAt: "2025-01-01T00:00:00.000Z", finishedAt: "2025-01-01T00:00:02.000Z" },
      metadata: { label: "@Blue Note", id: "acme;1" },
      ...{ "tempo.bpm": 120.5, "key.camelot": "8A", "pcm.durationSec": null },
      ...{ "tags.tags": ["techno", "fast"], "tags.tags.score": [0.93, 0.5] },
    });
    // No numbers without end, and nothing that says nothing to who reads it.
    for (const name of ["tempo.beatsSec", "tags.embedding"]) expect(first).not.toHaveProperty([name]);
    expect(Object.keys(second ?? {})).toEqual(Object.keys(first ?? {}));
    expect(await lines({ bpm: "100..", columns: "id" })).toEqual([{ id: idOf(1) }]);
    expect(await lines({ sort: "bpm", columns: "id" })).toEqual([{ id: idOf(1) }]);
    expect(await lines({ limit: "1", sort: "accepted", columns: "id" })).toEqual([{ id: idOf(1) }]);
    expect(await lines({ bpm: "1..2" })).toEqual([]);
    expect(await text({ bpm: "1..2", columns: "id,bpm" })).toBe("id,tempo.bpm\r\n");
  });

  test("as Parquet, which an independent reader reads: types, lists, and what is not there", async () => {
    const answer = await ask({ format: "parquet", sort: "accepted" });
    expect(answer.headers.get("content-type")).toBe("application/vnd.apache.parquet");
    const file = await answer.arrayBuffer();
    const [first, second] = await parquetReadObjects({ file });
    expect(first).toMatchObject({
      ...{ id: idOf(1), title: '=HYPERLINK("http://evil.example")', errors: undefined },
      ...{ acceptedAt: new Date("2025-01-01T00:00:00Z"), "tempo.bpm": 120.5, "key.camelot": "8A" },
      ...{ "tags.tags": ["techno", "fast"], "tags.tags.score": [0.93, 0.5] },
    });
    expect(JSON.parse(String(first?.metadata))).toMatchObject({ label: "@Blue Note" });
    expect(second).toMatchObject({
      title: "Its own",
      "tempo.bpm": null,
      "tags.tags": undefined,
      metadata: null,
    });
    const none = await (await ask({ format: "parquet", bpm: "1..2", columns: "id,tags" })).arrayBuffer();
    expect(await parquetReadObjects({ file: none })).toEqual([]);
    expect(parquetMetadata(none).schema.map(({ name }) => name)).toEqual([
      ...["tracks", "id", "tags.tags", "list", "element"],
    ]);
  });

  test("as a collection for DJ programs", async () => {
    const answer = await ask({ format: "rekordbox", bpm: "120..121", folder: "/set" });
    expect(answer.headers.get("content-type")).toMatch(/^application\/xml\b/);
    expect(answer.headers.get("content-disposition")).toBe("attachment; filename=tracks.xml");
    expect(await answer.text()).toMatch(
      /<COLLECTION Entries="1">\n<TRACK [^\n]*AverageBpm="120.50" [^\n]*Tonality="Am" Location="file:\/\/localhost\/set\/a%2C%20b.mp3"><TEMPO Inizio="0.100"/,
    );
  });

  test("is refused before anything is sent where it can't be meant", async () => {
    const detail = async (query: Record<string, string>) => {
      const { status, code, detail } = Problem.parse(await (await ask(query)).json());
      expect([status, code]).toEqual([400, "invalid-request"]);
      return detail;
    };
    expect(await detail({ columns: "id,nothing" })).toMatch(
      /^columns: expected a fact, got "nothing"; there/,
    );
    expect(await detail({ columns: "bpm,tempo.bpm" })).toContain("got tempo.bpm twice");
    expect(await detail({ columns: "bpm.score" })).toContain("expected a fact whose words have scores");
    expect(await detail({ columns: "metadata.a b" })).toContain("expected metadata.NAME");
    expect(await detail({ columns: "id,,title" })).toContain('got ""');
    expect(await detail({ bpm: "fast" })).toContain("expected a range of numbers");
    expect(await detail({ format: "xlsx" })).toContain("format");
    expect(await detail({ format: "rekordbox", columns: "id" })).toContain(
      "expected a format that is a table",
    );
    for (const format of ["csv", "jsonl", "parquet", "rekordbox"])
      expect((await ask({ format }, { method: "HEAD" })).status).toBe(200);
  });
});

describe("many tracks", () => {
  const manyTracks = 3_000;
  beforeAll(async () => {
    await api.pool.query("truncate tracks, search_tracks cascade");
    await insertManyTracks(api, manyTracks, 20_000);
  });
  /** What a page takes: the search, and the tracks. Beside them all statements of an export. */
  const pages = manyTracks / 100;

  test("come each once and in order, over all pages", async () => {
    const all = await lines({ sort: "accepted", columns: "id,metadata.n" });
    expect(all).toEqual(
      Array.from({ length: manyTracks }, (_, n) => ({ id: idOf(n + 1), "metadata.n": String(n + 1) })),
    );
  });

  test("are read as the client takes them, and no further once it has gone", async () => {
    const before = api.statements();
    const gone = new AbortController();
    const answer = await ask({ format: "jsonl" }, { signal: gone.signal });
    await answer.body?.getReader().read();
    const settled = async () => {
      for (let last = -1; last !== api.statements(); await new Promise((r) => setTimeout(r, 500)))
        last = api.statements();
      return api.statements() - before;
    };
    // Sixty megabytes: what sockets hold is a part of them.
    expect(await settled()).toBeLessThan(pages);
    expect(api.context.held.count()).toBe(1);
    gone.abort();
    await expect.poll(() => api.context.held.count(), { timeout: 30_000 }).toBe(0);
    expect(await settled()).toBeLessThan(pages);
  });

  test("are sent to a few at once; to whoever comes then as soon as one of them has gone", async () => {
    const gone = [0, 1, 2, 3].map(() => new AbortController());
    for (const { signal } of gone) expect((await ask({ format: "jsonl" }, { signal })).status).toBe(200);
    const refused = Problem.parse(await (await ask()).json());
    expect(refused).toMatchObject({ status: 429, code: "too-many-streams" });
    gone[2]?.abort();
    await expect.poll(async () => (await ask({ limit: "1" })).status, { timeout: 30_000 }).toBe(200);
    for (const one of gone) one.abort();
    await expect.poll(() => api.context.held.count(), { timeout: 30_000 }).toBe(0);
  });

  test.each(["identity", "gzip", "br"])(
    "that can't all be read never look like a whole file: %s",
    async (coding) => {
      const answer = await ask({ format: "csv" }, { headers: { "accept-encoding": coding } });
      expect(answer.headers.get("content-encoding") ?? "identity").toBe(coding);
      const reader = answer.body?.getReader();
      await reader?.read();
      await api.pool.query("alter table artifacts rename to away");
      const readOn = async () => {
        while (!(await reader?.read())?.done);
      };
      await expect(readOn()).rejects.toThrow();
      await api.pool.query("alter table away rename to artifacts");
    },
  );

  test("are not sent where the end of a connection is the end of an answer", async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connectSocket(Number(port), hostname);
    socket.write("GET /v1/search/export?format=jsonl HTTP/1.0\r\nHost: localhost\r\n\r\n");
    const chunks = await socket.setEncoding("utf8").toArray();
    expect(chunks.join("")).toMatch(/^HTTP\/1\.1 400 [\s\S]*expected HTTP\/1\.1/);
  });

  test("are cut where the database goes away, and refused while it is", async () => {
    const answer = await ask({ format: "parquet" });
    await api.stopDatabase();
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect((await ask()).status).toBe(503);
  });
});
