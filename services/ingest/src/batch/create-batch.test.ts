// Many tracks in one request, as a client meets them: each line is taken or refused by itself, once.
import { randomUUID } from "node:crypto";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { BatchEnd, BatchOutcome, maxBatchLines, Problem } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startKeyedApi } from "../fixtures/keyed-api.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const source = (n: number | string) => `https://library.example/${n}.flac`;
const lineOf = (fields: object) => JSON.stringify(fields);

async function send(body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}, to = api.url) {
  const type = { "content-type": "application/x-ndjson" };
  return fetch(`${to}/v1/batches`, { method: "POST", body, headers: { ...type, ...headers } });
}

async function read(answer: Response) {
  const lines = (await answer.text())
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  return {
    status: answer.status,
    outcomes: lines.slice(0, -1).map((line) => BatchOutcome.parse(line)),
    end: BatchEnd.parse(lines.at(-1)),
  };
}

test("each line is taken or refused by itself, in their order, and the last line counts them", async () => {
  const lines = [
    lineOf({ source: source(1), title: "One", key: "first" }),
    "",
    lineOf({ source: "http://library.example/2.flac" }),
    "{ not JSON",
    lineOf({ source: source(3), targets: ["nothing-that-is"] }),
    lineOf({ source: source(4), titel: "misspelt" }),
    `{"source": "${source(5)}", "source": "${source(6)}", "__proto__": {}}`,
    lineOf({ source: source(7), targets: ["tempo"] }),
    "[]",
  ];
  const { status, outcomes, end } = await read(await send(lines.join("\r\n")));
  expect([status, end]).toEqual([200, { lines: 8, accepted: 2, refused: 6 }]);
  expect(outcomes.map(({ line, key, status: of, code }) => [line, key, of, code])).toEqual([
    [1, "first", 202, null],
    ...[3, 4, 5, 6, 7].map((line) => [line, null, 400, "invalid-request"]),
    [8, null, 202, null],
    [9, null, 400, "invalid-request"],
  ]);
  const [, scheme, json, target, misspelt] = outcomes.map(({ detail }) => detail ?? "");
  expect(scheme).toContain("source: expected gs://bucket/object or https://host/path");
  expect(json).toBe("line: expected an object in JSON, got what is none (from character 3 on)");
  expect(outcomes[5]?.detail).toBe(
    "line: expected an object in JSON without fields __proto__ or constructor.prototype",
  );
  expect(target).toContain("targets");
  expect(misspelt).toContain("titel");
  const ids = outcomes.flatMap(({ id }) => id ?? []);
  const published = await api.published("tracks", 2);
  expect(new Set(published.map((message) => Object(message).trackId))).toEqual(new Set(ids));
  expect(outcomes[0]?.url).toBe(`${api.url}/v1/tracks/${ids[0]}`);
});

test("under a key the same lines are the same tracks, whichever of them came before, in whatever request", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const first = [{ source: source("a") }, { source: source("b"), key: "b" }].map(lineOf);
  const { outcomes } = await read(await send(first.join("\n"), headers));
  const again = await read(await send([...first, lineOf({ source: source("c") })].join("\n"), headers));
  expect(again.end).toEqual({ lines: 3, accepted: 3, refused: 0 });
  expect(again.outcomes.slice(0, 2)).toEqual(outcomes);
  const moved = await read(await send(first.toReversed().join("\n"), headers));
  // One that has a name of its own may stand anywhere; another one on the first line is another request.
  expect(moved.outcomes).toMatchObject([
    { line: 1, key: "b", id: outcomes[1]?.id },
    { line: 2, status: 202 },
  ]);
  const other = await read(await send(lineOf({ source: source("d") }), headers));
  expect(other.outcomes).toMatchObject([{ status: 422, code: "idempotency-key-reused", id: null }]);
  // Without a key of its own a batch makes new tracks each time; a line's own is enough for it.
  const bare = [{ source: source("e") }, { source: source("f"), key: `${randomUUID()}` }]
    .map(lineOf)
    .join("\n");
  const [once, twice] = [await read(await send(bare)), await read(await send(bare))];
  expect(once.outcomes[0]?.id).not.toBe(twice.outcomes[0]?.id);
  expect(once.outcomes[1]?.id).toBe(twice.outcomes[1]?.id);
});

test("a line that is refused is told by its key as well, where that can be read", async () => {
  const lines = [
    { key: "scheme", source: "ftp://library.example/1.flac" },
    { key: "misspelt", source: source(1), titel: "A" },
    { key: "private", source: "https://127.0.0.1/1.flac" },
    { key: "target", source: source(1), targets: ["nothing-that-is"] },
    { key: "none" },
    { key: "not a key", source: source(1) },
    { key: 7, source: source(1) },
  ];
  const { outcomes, end } = await read(await send(lines.map(lineOf).join("\n")));
  expect(end).toEqual({ lines: 7, accepted: 0, refused: 7 });
  expect(outcomes.map(({ key }) => key)).toEqual([
    ...["scheme", "misspelt", "private", "target", "none"],
    ...[null, null],
  ]);
});

test("a line's number is no key of another's, and a key is refused by its own name", async () => {
  const headers = { "idempotency-key": randomUUID() };
  // The same source twice is two tracks, as the lines say nothing else.
  const same = [lineOf({ source: source("n") }), lineOf({ source: source("n"), key: "1" })].join("\n");
  const { outcomes } = await read(await send(same, headers));
  expect(outcomes.map(({ status }) => status)).toEqual([202, 202]);
  expect(outcomes[0]?.id).not.toBe(outcomes[1]?.id);
  const other = [lineOf({ source: source("o") }), lineOf({ source: source("o"), key: "1" })].join("\n");
  expect((await read(await send(other, headers))).outcomes).toMatchObject([
    { status: 422, detail: expect.stringMatching(/^Idempotency-Key, with this line's number: it was used/) },
    { status: 422, key: "1", detail: expect.stringMatching(/^key: it was used before/) },
  ]);
});

test("of the same batch, sent several times at once, each line is one track", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const body = Array.from({ length: 40 }, (_, n) => lineOf({ source: source(`many-${n}`) })).join("\n");
  const all = await Promise.all(Array.from({ length: 4 }, async () => read(await send(body, headers))));
  const idsOf = ({ outcomes }: (typeof all)[number]) => outcomes.map(({ id }) => id);
  for (const each of all) expect(idsOf(each)).toEqual(idsOf(all[0] ?? expect.unreachable()));
  expect(new Set(idsOf(all[0] ?? expect.unreachable())).size).toBe(40);
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
] as const)("lines in %s are taken as they are without", async (encoding, encode) => {
  const body = ["a", "b"].map((name) => lineOf({ source: source(`${encoding}-${name}`) })).join("\n");
  const { status, outcomes, end } = await read(await send(encode(body), { "content-encoding": encoding }));
  expect([status, end]).toEqual([200, { lines: 2, accepted: 2, refused: 0 }]);
  expect(new Set(outcomes.map(({ id }) => id)).size).toBe(2);
});

test("what is no batch is refused as a whole", async () => {
  const problemOf = async (answer: Response) => Problem.parse(await answer.json()).code;
  const line = lineOf({ source: source(1) });
  const refused = [
    [
      await send(
        Array(maxBatchLines + 1)
          .fill(line)
          .join("\n"),
      ),
      "invalid-request",
    ],
    [await send("x".repeat(5 * 2 ** 20)), "request-too-large"],
    [await send(line, { "content-type": "application/json" }), "invalid-request"],
    [await send(line, { "content-type": "text/plain" }), "unsupported-media-type"],
    [await send(line, { "content-encoding": "zstd" }), "unsupported-media-type"],
    [await send(line, { "content-encoding": "gzip, gzip" }), "unsupported-media-type"],
    [await send(line, { "content-encoding": "gzip" }), "invalid-request"],
    [await send(gzipSync(line).subarray(0, -4), { "content-encoding": "gzip" }), "invalid-request"],
    [
      await send(Buffer.concat([brotliCompressSync(line), Buffer.from(line)]), { "content-encoding": "br" }),
      "invalid-request",
    ],
    [
      await send(gzipSync(Buffer.alloc(5 * 2 ** 20, "\n")), { "content-encoding": "gzip" }),
      "request-too-large",
    ],
    [await send(line, { "idempotency-key": 'a"b' }), "invalid-request"],
  ] as const;
  for (const [answer, code] of refused) expect(await problemOf(answer)).toBe(code);
  for (const [type, came] of [
    ["text/plain", "text/plain"],
    ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded"],
    [undefined, "none"],
  ]) {
    const headers = type === undefined ? {} : { "content-type": type };
    const answer = await fetch(`${api.url}/v1/batches`, { method: "POST", body: Buffer.from(line), headers });
    expect([answer.status, Problem.parse(await answer.json()).detail]).toEqual([
      ...[415, `content-type: expected application/x-ndjson or application/jsonl, got ${came}`],
    ]);
  }
  const empty = await read(await send("\n\n"));
  expect(empty).toEqual({ status: 200, outcomes: [], end: { lines: 0, accepted: 0, refused: 0 } });
});

test("while storage is away some lines are tried, the others told, and the same batch goes on afterwards", async () => {
  await using away = await startLocalApi();
  await away.stopStorage();
  const body = Array.from({ length: 60 }, (_, n) => lineOf({ source: source(n) })).join("\n");
  const { outcomes, end } = await read(await send(body, { "idempotency-key": "k" }, away.url));
  expect(end).toEqual({ lines: 60, accepted: 0, refused: 60 });
  expect(new Set(outcomes.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(["503 unavailable"]),
  );
});

test("lines count as tracks: beyond a quota each says so, and what was accepted before is told again", async () => {
  await using keyed = await startKeyedApi();
  const { key } = await keyed.makeKey({ tracksPerDay: 3 });
  const headers = { authorization: `Bearer ${key}`, "idempotency-key": "a-batch" };
  const body = Array.from({ length: 6 }, (_, n) => lineOf({ source: source(n) })).join("\n");
  const first = await read(await send(body, headers, keyed.api.url));
  expect(first.end).toEqual({ lines: 6, accepted: 3, refused: 3 });
  const refused = first.outcomes.filter(({ id }) => id === null);
  expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(["429 quota-exceeded"]),
  );
  const again = await read(await send(body, headers, keyed.api.url));
  expect(again.end).toEqual(first.end);
  const { key: reader } = await keyed.makeKey({ scopes: ["tracks:read"] });
  const readersOwn = await send(body, { authorization: `Bearer ${reader}` }, keyed.api.url);
  expect([readersOwn.status, Problem.parse(await readersOwn.json()).code]).toEqual([403, "scope-missing"]);
});
