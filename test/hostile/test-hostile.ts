import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { corpusOf, shortForm } from "./corpus/corpus.ts";
import { openStudio, type Studio } from "./corpus/studio.ts";
import { findFaults } from "./feed/judge-run.ts";
import { type FleetToFeed, runCorpus } from "./feed/run-corpus.ts";
import { fuzzDecode } from "./fuzz/fuzz-decode.ts";

/** Of a fleet that runs when the tests do, and that has had tracks before. @param maxResidentMiB of each service, if not as usual. */
export function testHostile(fleet: () => FleetToFeed, maxResidentMiB?: number): void {
  let studio: Studio;
  beforeAll(async () => {
    studio = await openStudio();
  });
  afterAll(() => studio?.[Symbol.asyncDispose]());

  test("the corpus holds at least 150 files, each under a name of its own", () => {
    const chapters = corpusOf(studio, { url: "http://127.0.0.1:9/", path: "/song.wav" });
    const names = chapters.flatMap(({ files }) => files.map(({ name }) => name));
    expect(names.length).toBeGreaterThanOrEqual(150);
    expect(new Set(names).size).toBe(names.length);
  });

  test("some files of every chapter end as they should, and leave the fleet as it was", async () => {
    const run = await runCorpus(fleet(), { choose: shortForm, goodTracks: 1 });
    expect(run.fed.length).toBeGreaterThan(20);
    expect(findFaults(run, maxResidentMiB)).toEqual([]);
  });

  test("damaged files end typed", async () => {
    const keepDir = await mkdtemp(join(tmpdir(), "segue-fuzz-"));
    try {
      const run = await fuzzDecode({ seed: 2, goesOn: (round) => round < 12, keepDir, studio });
      expect(run.rounds).toBe(12);
      expect(run.findings).toEqual([]);
    } finally {
      await rm(keepDir, { recursive: true, force: true });
    }
  });
}
