// The same files through both placements: what comes of them is the same, and in `economy` what is handed on lies nowhere.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { maxResidentMiB } from "../hostile/feed/judge-run.ts";
import { type FleetToFeed, startFleetToFeed } from "../hostile/feed/run-corpus.ts";
import { testHostile } from "../hostile/test-hostile.ts";
import { checkTrack } from "../long/check-mix.ts";
import { type Mix, makeMix } from "../long/make-mix.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { readScratch, readStored, type Stored } from "../support/read-stored.ts";
import { testBadFiles } from "./test-bad-files.ts";
import { testWholeChain } from "./test-whole-chain.ts";

/** Longer than what any step takes in one go: tempo's 13 minutes are the most. */
const mixSec = 15 * 60;
const sources = ["song", "mix", "damaged", "no-audio"] as const;
type Source = (typeof sources)[number];

interface Run {
  readonly tracks: Readonly<Record<Source, TrackResource>>;
  readonly stored: Readonly<Record<Source, Stored>>;
}

const dir = mkdtempSync(join(tmpdir(), "segue-economy-"));
let files: Readonly<Record<Source, Buffer>>;
let mix: Mix;
let usual: Run;
let fed: FleetToFeed;
let scratchOfSong: readonly string[];

async function runAll(running: FleetUnderTest, onEnded: (source: Source) => Promise<void>): Promise<Run> {
  const runs = [];
  for (const source of sources) {
    const { id } = await running.client.post(files[source], { fileName: source });
    const track = await running.client.ended(id);
    await onEnded(source);
    runs.push([source, track, await readStored(running, track)] as const);
  }
  return {
    tracks: Object.fromEntries(runs.map(([source, track]) => [source, track])) as Run["tracks"],
    stored: Object.fromEntries(runs.map(([source, , stored]) => [source, stored])) as Run["stored"],
  };
}

beforeAll(async () => {
  const song = await makeMaster({ seed: 77, durationSec: 20, format: "mp3", dir });
  mix = await makeMix(dir, "mp3", mixSec);
  const bytes = readFileSync(song.path);
  files = {
    song: bytes,
    mix: readFileSync(mix.path),
    // With a hole of zeros in the middle.
    damaged: Buffer.from(bytes).fill(0, bytes.length >> 2, bytes.length >> 1),
    "no-audio": Buffer.from("These are no samples at all.\n".repeat(50)),
  };
  const running = await startFleetUnderTest();
  usual = await runAll(running, async () => {}).finally(() => running[Symbol.asyncDispose]());
  fed = await startFleetToFeed({ SEGUE_PLACEMENT: "economy" });
});
afterAll(async () => {
  await fed?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

describe("beside the usual placement", () => {
  let thrifty: Run;
  beforeAll(async () => {
    const { running } = fed;
    thrifty = await runAll(running, async (source) => {
      if (source === "song") scratchOfSong = await readScratch(running.fleet.env);
    });
  });

  test("all steps live in one process", () => {
    const services = fed.running.fleet.processes().filter(({ role }) => role === "service");
    expect(services.map(({ name }) => name).sort()).toEqual(["analysis", "catalog", "fetch", "ingest"]);
  });

  test.each(sources)("%s: addresses, facts, records and bytes are the same", (source) => {
    expect(Object.keys(usual.stored[source].results)).toHaveLength(source === "no-audio" ? 0 : 8);
    expect(thrifty.stored[source]).toEqual(usual.stored[source]);
    expect(thrifty.tracks[source].state).toBe(usual.tracks[source].state);
  });

  test("nothing of a song is stored that is only handed on", () => {
    expect(usual.stored.song.records.decode).toMatchObject({ kind: "pcm" });
    expect(scratchOfSong).toEqual([]);
  });

  test("a mix of a quarter of an hour is what it was made as, pieces and all", () => {
    expect(checkTrack(mix, thrifty.tracks.mix).filter(({ ok }) => !ok)).toEqual([]);
    const { attempt } = thrifty.tracks.mix.steps.find(({ step }) => step === "encode") ?? {};
    expect(attempt?.earlier.length).toBeGreaterThan(0);
  });
});

describe("the whole chain", () =>
  testWholeChain(() => fed.running, { pubsub: "local", placement: "economy" }));
describe("bad files", () => testBadFiles(() => fed.running));
// Nine steps' threads and what they have loaded, in one process: 720 MiB after all of the above.
describe("the hostile corpus", () => testHostile(() => fed, maxResidentMiB.together));
