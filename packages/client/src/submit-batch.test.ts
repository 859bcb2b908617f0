import type { BatchLine, BatchOutcome } from "@segue/contracts";
import { expect, test } from "vitest";
import { ApiRefusal, NoAnswer } from "./api-errors.ts";
import { type SubmitBatchOptions, submitBatch } from "./submit-batch.ts";

const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const sources = (count: number, more: Partial<BatchLine> = {}): BatchLine[] =>
  Array.from({ length: count }, (_, n) => ({ source: `https://library.example/${n}.flac`, ...more }));

type Asked = { readonly keys: readonly (string | undefined)[]; readonly batchKey: string | undefined };

/** An API that has each line accepted, but for what it is told. */
function accepting(answers: ((lines: readonly BatchLine[]) => BatchOutcome[] | Error | undefined)[] = []) {
  const asked: Asked[] = [];
  const accept = (line: BatchLine, at: number): BatchOutcome => ({
    ...{ line: at + 1, key: line.key ?? null, status: 202, code: null, detail: null },
    ...{ id: idOf(Number(line.key)), url: `https://api.example/v1/tracks/${idOf(Number(line.key))}` },
  });
  const slept: number[] = [];
  const options: SubmitBatchOptions = {
    clock: { now: () => 0, sleep: async (ms) => void slept.push(ms) },
  };
  const api = {
    async postBatch(lines: readonly BatchLine[], { idempotencyKey }: { idempotencyKey?: string } = {}) {
      asked.push({ keys: lines.map(({ key }) => key), batchKey: idempotencyKey });
      const answer = answers.shift()?.(lines);
      if (answer instanceof Error) throw answer;
      return answer ?? lines.map(accept);
    },
  };
  return { api, asked, accept, slept, options };
}

const refused = (line: number, status: number, code: BatchOutcome["code"]): BatchOutcome => ({
  ...{ line, key: null, status, code, detail: "said", id: null, url: null },
});

async function collect(outcomes: AsyncIterable<BatchOutcome>): Promise<BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

test("as many as there are go in requests of some hundreds, numbered through, under one key", async () => {
  const { api, asked, options } = accepting();
  const outcomes = await collect(submitBatch(api, sources(601), options));
  expect(outcomes.map(({ line, id }) => [line, id])).toEqual(
    Array.from({ length: 601 }, (_, n) => [n + 1, idOf(n + 1)]),
  );
  expect(asked.map(({ keys }) => keys.length)).toEqual([250, 250, 101]);
  expect(new Set(asked.map(({ batchKey }) => batchKey)).size).toBe(1);
  // By size as well.
  const long = accepting();
  const title = "x".repeat(1_000);
  const source = `https://library.example/${"y".repeat(15_000)}`;
  await collect(submitBatch(long.api, sources(250, { title, source }), long.options));
  expect(long.asked.length).toBeGreaterThan(1);
});

test("what is read is sent before the rest is read, and a line's own key stays", async () => {
  const { api, asked, options } = accepting();
  let given = 0;
  async function* lines() {
    for (const line of sources(1_000)) {
      given += 1;
      yield { ...line, key: `${1_000 + given}` };
    }
  }
  const outcomes = submitBatch(api, lines(), { ...options, idempotencyKey: "mine" });
  expect((await outcomes.next()).value).toMatchObject({ line: 1, id: idOf(1_001) });
  expect(given).toBeLessThan(300);
  expect(asked).toMatchObject([{ batchKey: "mine" }]);
  await outcomes.return(undefined);
});

test("what was not taken is tried again, that alone, under the same keys; what was refused is told", async () => {
  const away = new NoAnswer("away");
  const busy = new ApiRefusal("busy", { status: 429, code: "too-many-uploads", retryAfterMs: 7_000 });
  const { api, asked, accept, slept, options } = accepting([
    () => away,
    () => busy,
    (lines) => lines.map((line, at) => (at < 2 ? accept(line, at) : refused(at + 1, 503, "unavailable"))),
    (lines) => lines.map((line, at) => (at === 0 ? refused(1, 400, "invalid-request") : accept(line, at))),
  ]);
  const reasons: string[] = [];
  const outcomes = await collect(
    submitBatch(api, sources(4), { ...options, onWait: (reason) => reasons.push(reason) }),
  );
  expect(outcomes.map(({ line, status }) => [line, status])).toEqual([
    [1, 202],
    [2, 202],
    [3, 400],
    [4, 202],
  ]);
  expect(asked.map(({ keys }) => keys)).toEqual([...Array(3).fill(["1", "2", "3", "4"]), ["3", "4"]]);
  expect(new Set(asked.map(({ batchKey }) => batchKey)).size).toBe(1);
  expect(reasons).toEqual(["away", "busy", "said"]);
  expect(slept).toEqual([1_000, 7_000, 4_000]);
});

test("a quota that is used up, and a defect, are told and not tried again; a refusal of the whole ends it", async () => {
  const { api, asked, options } = accepting([
    () => [refused(1, 429, "quota-exceeded"), refused(2, 500, "internal")],
    () => new ApiRefusal("no", { status: 403, code: "scope-missing", retryAfterMs: null }),
  ]);
  expect((await collect(submitBatch(api, sources(2), options))).map(({ status }) => status)).toEqual([
    429, 500,
  ]);
  await expect(collect(submitBatch(api, sources(2), options))).rejects.toThrow("no");
  expect(asked).toHaveLength(2);
});
