// Steps on threads that they share: what one of them does to its thread is nothing to the others.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import { outputPathsIn } from "@segue/step/attempt";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { copy, read, words } from "./fixtures/fleet.ts";
import { fleetUrl } from "./fixtures/fleet-url.ts";
import { createStepPool, createStepThreads, type StepThreads } from "./step-pool.ts";

const log = { debug() {}, info() {}, warn() {} };
const asked = () => Promise.reject(new Error("nothing is asked for"));
const requests = {
  ...{ checkpoint: asked, piece: asked },
  ...{ fetchInput: asked, fetchRange: asked, fetchFile: asked },
};

let dir: string;
let threads: StepThreads;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-pool-"));
  threads = createStepThreads(1);
});
afterEach(async () => {
  await threads[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function run(step: AnyStep, text: string, options: { signal?: AbortSignal; onReady?(): void } = {}) {
  const path = join(dir, "input");
  await writeFile(path, text);
  const input = { path, address: "a", facts: {}, sizeBytes: text.length };
  const inputs = Object.fromEntries(
    Object.entries<Kind>(step.consumes).map(([name, kind]) => [name, { ...input, kind: kind.name }]),
  );
  const outputPaths = outputPathsIn(step, dir);
  return createStepPool(step, { fleetUrl, threads }).run({
    ...{ inputs, outputPaths, scratchDir: dir, resumed: null, pieces: [], todo: null },
    ...{ alone: false, requests, log, signal: new AbortController().signal, ...options },
  });
}

const pids = () => threads.pool.threads.map(({ threadId }) => threadId);

test("steps are set up and done on one thread, each with its own result", async () => {
  for (const step of [read, words, copy]) await createStepPool(step, { fleetUrl, threads }).warmUp();
  const [only] = pids();
  expect(await run(read, "one two three")).toMatchObject({ facts: { length: 13 }, tools: { reader: "1.0" } });
  expect(await readFile(join(dir, "text.txt"), "utf8")).toBe("ONE TWO THREE");
  expect(await run(words, "one two three")).toMatchObject({ facts: { words: 3 }, tools: {} });
  expect(pids()).toEqual([only]);
});

test("those that are asked for at once take turns", async () => {
  const all = await Promise.all([run(read, "a b"), run(words, "a b"), run(read, "a b"), run(words, "a b")]);
  expect(all.map(({ facts }) => facts)).toEqual([{ length: 3 }, { words: 2 }, { length: 3 }, { words: 2 }]);
});

test.each([
  ["spin", "is stopped", "aborted"],
  ["exit", "ends its thread", "worker-crashed"],
])("one whose attempt (%s) %s leaves a thread to the others", async (order, _, code) => {
  const stopping = new AbortController();
  const onReady = vi.fn(() => stopping.abort());
  await expect(
    run(read, order, order === "spin" ? { signal: stopping.signal, onReady } : {}),
  ).rejects.toMatchObject({ code });
  expect(await run(words, "one two")).toMatchObject({ facts: { words: 2 } });
  expect(await run(read, "again")).toMatchObject({ facts: { length: 5 } });
  expect(pids()).toHaveLength(1);
});

test("they end with the first pool that ends", async () => {
  await createStepPool(read, { fleetUrl, threads })[Symbol.asyncDispose]();
  await createStepPool(words, { fleetUrl, threads })[Symbol.asyncDispose]();
  expect(pids()).toEqual([]);
});
