import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineKind, Master } from "@segue/contracts";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { defineStep } from "./define-step.ts";
import { createKeptWork, discardKept, runLocalAttempt } from "./local-attempt.ts";

const Ends = defineKind({ name: "ends", retention: "derivative", payload: null, facts: z.object({}) });
const twoAtOnce = defineStep({
  name: "two-at-once",
  version: 1,
  consumes: { master: Master },
  produces: Ends,
  budget: { timeMs: 10_000, memoryMiB: 64 },
  onDemand: ["master"],
  setup: async () => null,
  async run({ master }) {
    await Promise.all([master.fetchRange(0, master.sizeBytes), master.fetchRange(0, 1)]);
    return {};
  },
});

test("an attempt that ends while something is fetched for it is over when that is there", async () => {
  const dir = await mkdtemp(join(tmpdir(), "segue-local-"));
  const kept = await createKeptWork();
  onTestFinished(async () => {
    await rm(dir, { recursive: true });
    await discardKept(kept);
  });
  const sizeBytes = 16 * 2 ** 20;
  const path = join(dir, "master");
  await writeFile(path, Buffer.alloc(sizeBytes));
  let ranges = 0;
  const attempt = runLocalAttempt(twoAtOnce, {
    given: { master: { facts: { sizeBytes }, path } },
    work: null,
    kept,
    todo: null,
    scratchDir: dir,
    outputPaths: {},
    log: { debug() {}, info() {}, warn() {} },
    signal: new AbortController().signal,
    observe({ type }) {
      if (type === "fetch-range" && ++ranges === 2) throw new Error("storage answered 503");
    },
    goesOn: () => "continue",
  });
  await expect(attempt).rejects.toThrow("503");
  expect((await stat(join(dir, "range-1"))).size).toBe(sizeBytes);
});
