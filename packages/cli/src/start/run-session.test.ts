import { createHash } from "node:crypto";
import { mkdtemp, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@segue/client";
import { createApiClient } from "@segue/client";
import { type ScriptedApi, startScriptedApi } from "@segue/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Display } from "./display.ts";
import { openJournal } from "./journal.ts";
import type { FileFailure } from "./local-failures.ts";
import { runSession } from "./run-session.ts";

let folder: string;
let api: ScriptedApi;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-session-"));
  api = await startScriptedApi();
});
afterEach(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), content);
  return name;
}

interface SessionRequest {
  readonly failures?: readonly FileFailure[];
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly onStatus?: (text: string | null) => void;
  readonly onChanged?: () => void;
}

/** A clock that passes when somebody waits. */
function fastClock(): { clock: Clock; startMs: number } {
  const startMs = 1_700_000_000_000;
  let nowMs = startMs;
  const sleep = async (ms: number, signal: AbortSignal) => {
    signal.throwIfAborted();
    nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock: { now: () => nowMs, sleep }, startMs };
}

/** One start: its own client, its own view of the journal. */
async function start(names: readonly string[], request: SessionRequest = {}) {
  const ended: string[] = [];
  const display: Display = {
    note() {},
    status: request.onStatus ?? (() => {}),
    ready() {},
    watch() {},
    changed: request.onChanged ?? (() => {}),
    ended: (row) => ended.push(`${row.file} ${row.state}`),
    notSent: ({ file, code }) => ended.push(`${file} ${code}`),
    results() {},
    close() {},
  };
  const client = createApiClient(api.url);
  const journal = await openJournal(join(folder, "journal.jsonl"));
  try {
    const outcome = await runSession({
      api: client,
      journal,
      files: names.map((name) => ({ path: join(folder, name), label: name })),
      failures: request.failures ?? [],
      labelOf: (path) => path.slice(folder.length + 1),
      display,
      signal: request.signal ?? new AbortController().signal,
      pollMs: 1,
      ...(request.clock ? { clock: request.clock } : {}),
    });
    return { ...outcome, shown: ended.sort() };
  } finally {
    await journal[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
  }
}

test("files are sent as they are, followed to their end, and counted", async () => {
  const big = Buffer.alloc(3_000_000, "music ");
  await write("big.wav", big);
  await write("no.txt", "bad:not-audio");
  await write("odd #?&ü.mp3", "x");
  await write("empty.mp3", "");
  const names = ["big.wav", "no.txt", "odd #?&ü.mp3", "empty.mp3"];
  const { progress, rows, failures, shown } = await start(names);
  expect(shown).toEqual(["big.wav done", "empty.mp3 done", "no.txt failed", "odd #?&ü.mp3 done"]);
  expect(progress).toMatchObject({ total: 4, accepted: 4, succeeded: 3, failed: 1 });
  expect(progress.steps).toEqual([
    { step: "decode", total: 4, succeeded: 3, failed: 1, blocked: 0 },
    { step: "tempo", total: 4, succeeded: 3, failed: 0, blocked: 1 },
    { step: "encode", total: 4, succeeded: 3, failed: 0, blocked: 1 },
  ]);
  expect(failures).toMatchObject([
    { code: "not-audio", count: 1, examples: [{ file: "no.txt", code: "not-audio", message: "it is bad" }] },
  ]);
  expect(api.digests.get("big.wav")).toBe(createHash("sha256").update(big).digest("hex"));
  expect(rows.find(({ file }) => file === "big.wav")).toMatchObject({
    title: "big.wav",
    results: [
      { label: "tempo", summary: "116.0 BPM (92 %)", hasColumn: true },
      { label: "AAC", links: [{ label: "AAC", url: expect.stringContaining("/assets/aac/") }] },
      { label: "crest", summary: "crestDb 12.3457, words a\ufffd[31mb", hasColumn: false },
    ],
    latencyMs: 4_200,
  });
});

test("given again, files are followed and not sent; changed files are sent", async () => {
  const names = [
    await write("a.mp3", "a"),
    await write("b.mp3", "b"),
    await write("bad.mp3", "bad:not-audio"),
  ];
  await start(names);
  const { size } = await stat(join(folder, "b.mp3"));
  await utimes(join(folder, "b.mp3"), new Date(), new Date(Date.now() + 5_000));
  expect((await stat(join(folder, "b.mp3"))).size).toBe(size);
  api.posts.length = 0;
  const { progress, shown } = await start(names);
  expect(api.posts).toEqual(["b.mp3"]);
  expect(shown).toEqual(["a.mp3 done", "b.mp3 done", "bad.mp3 failed"]);
  expect(progress).toMatchObject({ total: 3, accepted: 3, succeeded: 2, failed: 1 });
});

test("interrupted, the next start goes on with what was accepted, named or not", async () => {
  const names = [await write("a.mp3", "a"), await write("b.mp3", "b"), await write("c.mp3", "c")];
  api.frozen = true;
  const interrupt = new AbortController();
  let polls = 0;
  const first = await start(names, {
    signal: interrupt.signal,
    onChanged: () => {
      if (++polls === 9) interrupt.abort();
    },
  });
  expect(first.progress).toMatchObject({ total: 3, accepted: 3, succeeded: 0, failed: 0 });
  api.frozen = false;
  const second = await start(["c.mp3", await write("d.mp3", "d")]);
  expect(second.shown).toEqual(["a.mp3 done", "b.mp3 done", "c.mp3 done", "d.mp3 done"]);
  expect(second.progress).toMatchObject({ total: 4, succeeded: 4 });
  expect(api.posts.sort()).toEqual(["a.mp3", "b.mp3", "c.mp3", "d.mp3"]);
  expect((await start([])).progress.total).toBe(0);
});

test("a track that the API has forgotten is sent again", async () => {
  await start([await write("a.mp3", "a")]);
  api.forget(api.trackIds[0] ?? "");
  expect((await start(["a.mp3"])).shown).toEqual(["a.mp3 done"]);
  expect(api.posts).toEqual(["a.mp3", "a.mp3"]);
});

test("what failed without the file's fault is sent again when it is given again", async () => {
  await write("a.mp3", "bad:retries-exhausted");
  await start(["a.mp3"]);
  await start(["a.mp3"]);
  expect(api.posts).toEqual(["a.mp3", "a.mp3"]);
});

test("asked to slow down, it waits as long as it was told to, and sends everything", async () => {
  const names = await Promise.all(Array.from({ length: 30 }, (_, i) => write(`${i}.mp3`, String(i))));
  api.refusals.push({ status: 429, retryAfter: "90" }, { status: 503, code: "unavailable" }, { status: 429 });
  const { clock, startMs } = fastClock();
  const said: string[] = [];
  const { progress } = await start(names, { clock, onStatus: (text) => text && said.push(text) });
  expect(progress).toMatchObject({ total: 30, succeeded: 30, failed: 0 });
  expect(api.posts).toHaveLength(33);
  expect(api.mostPostsAtOnce).toBeLessThanOrEqual(8);
  expect(said.find((text) => text.includes("429"))).toMatch(/sending goes on in 90 s/);
  expect(clock.now() - startMs).toBeGreaterThan(90_000);
});

test("connections that break cost nothing but time", async () => {
  const names = await Promise.all(Array.from({ length: 5 }, (_, i) => write(`${i}.mp3`, String(i))));
  api.connectionsToBreak = 3;
  let changes = 0;
  const { progress } = await start(names, {
    clock: fastClock().clock,
    onChanged: () => {
      if (++changes % 4 === 0) api.connectionsToBreak = 1;
    },
  });
  expect(progress).toMatchObject({ total: 5, succeeded: 5, failed: 0 });
});

test("files that can't be sent are named, and the others go on", async () => {
  const names = [await write("a.mp3", "a"), "gone.mp3", await write("b.mp3", "b")];
  api.refusals.push({ status: 413, code: "upload-too-large" });
  const { progress, failures } = await start(names, {
    failures: [{ file: "nowhere/", code: "missing-path", message: "not there" }],
  });
  expect(progress).toMatchObject({ total: 4, accepted: 1, succeeded: 1, failed: 3 });
  expect(failures.map(({ code, count }) => `${code} ${count}`)).toEqual([
    "missing-path 2",
    "upload-too-large 1",
  ]);
});

test("an API that never accepts a file ends it with a reason", async () => {
  api.refusals.push(...Array.from({ length: 40 }, () => ({ status: 503, code: "unavailable" as const })));
  const { clock, startMs } = fastClock();
  const { failures } = await start([await write("a.mp3", "a")], { clock });
  expect(failures).toMatchObject([{ code: "not-accepted", count: 1 }]);
  const triedForMs = clock.now() - startMs;
  expect(triedForMs).toBeGreaterThan(2 * 60_000);
  expect(triedForMs).toBeLessThan(10 * 60_000);
});

test("an answer that breaks the contract is a defect, and is not asked for again and again", async () => {
  api.refusals.push({ status: 200 });
  await expect(start([await write("a.mp3", "a")])).rejects.toThrow("not in the expected form");
});
