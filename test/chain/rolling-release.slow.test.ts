// Workers and servers of the previous commit's release beside those of this one, on one queue, one storage and one database, with
// tracks under way: what is deployed is never deployed at one moment.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { tempo } from "@segue/bpm-key";
import type { TrackHistory } from "@segue/contracts";
import { findFreePort } from "@segue/local-cloud/free-port";
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeOf } from "../support/cloud.ts";
import {
  type Client,
  createClient,
  type FleetUnderTest,
  factsOf,
  startFleetUnderTest,
} from "../support/fleet-under-test.ts";
import {
  checkOut,
  findPreviousCommit,
  type PreviousRelease,
  variablesKnownTo,
} from "../support/previous-release.ts";
import { MixNote, mixNote } from "./fixtures/mix-note.step.ts";

const fixtures = "test/chain/fixtures";
const raisedFleet = new URL("./fixtures/mix-note-raised.config.ts", import.meta.url).href;
const previous = await findPreviousCommit();
if (previous === undefined)
  console.warn("skipped: no commit before this one, of its edition, is here to be run beside it");

/** Clicks at a tempo over a tone. @param hz tells the tracks apart. */
function clicks(hz: number): Buffer {
  const rate = 22_050;
  const samples = Float32Array.from({ length: 12 * rate }, (_, n) => {
    const sinceBeat = n % Math.round(rate / 2);
    return (
      0.2 * Math.sin((2 * Math.PI * hz * n) / rate) + (sinceBeat < 200 ? 0.6 * (1 - sinceBeat / 200) : 0)
    );
  });
  return encodeWav({ channels: [samples], sampleRateHz: rate, bitDepth: 16 });
}

/** At how many addresses a step has made something for the track of a history. */
function addressesOf({ attempts }: TrackHistory, name: string): number {
  const made = attempts.filter(({ step, how }) => step === name && how === "computed");
  return new Set(made.map(({ address }) => address)).size;
}

const workers = ["decode", "downsample", "bpm-key", "mix-note"];
const servers = ["ingest", "fetch", "catalog"];
const clientsBucket = "clients";

describe.skipIf(previous === undefined)("the release before", () => {
  let release: PreviousRelease;
  let running: FleetUnderTest;
  let oldClient: Client;
  const old: ChildProcess[] = [];

  beforeAll(async () => {
    const files = ["mix-note.step.ts", "mix-note.config.ts"].map((name) => `${fixtures}/${name}`);
    release = await checkOut(previous ?? "", files);
    running = await startFleetUnderTest({
      fleetUrl: raisedFleet,
      env: { SEGUE_CHAIN_POLL_MS: "200", SEGUE_BUCKET_PREFIX: "segue" },
    });
    const fleetUrl = new URL(`file://${join(release.root, fixtures, "mix-note.config.ts")}`).href;
    const main = join(release.root, "packages/host/src/service-main.ts");
    // A release from before SEGUE_BUCKET_PREFIX names its buckets so, and takes no variable that it does not know.
    const oldPort = await findFreePort();
    const known = await variablesKnownTo(release, {
      ...running.fleet.env,
      SEGUE_API_PORT: String(oldPort),
    });
    oldClient = createClient(`http://127.0.0.1:${oldPort}`);
    await storeOf(running.fleet.env).ensureBucket({ name: clientsBucket, softDeleteRetentionSec: 0 });
    const start = (name: string) =>
      spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, name, fleetUrl], {
        cwd: release.root,
        env: { ...process.env, ...known },
        stdio: ["ignore", "pipe", "inherit"],
      });
    old.push(...[...workers, ...servers].map(start));
    await Promise.all(old.map(({ stdout }) => stdout && once(stdout, "data")));
  });
  afterAll(async () => {
    for (const child of old) if (child.exitCode === null) child.kill("SIGKILL");
    await oldClient?.api[Symbol.asyncDispose]();
    await running?.[Symbol.asyncDispose]();
    await release?.[Symbol.asyncDispose]();
  });

  test("tracks that are under way while one release takes over from the other all come to their end, joins too", async () => {
    const targets = ["mix-note"];
    const post = (client: Client, hz: number) => client.post(clicks(hz), { targets });
    // Whoever takes a request in writes it down, and whoever is asked next may be of the other release.
    const postBoth = (...hz: number[]) =>
      Promise.all(hz.map((each, index) => post(index % 2 ? oldClient : running.client, each)));
    const first = await postBoth(220, 247, 262, 294);
    for (const { id } of first) {
      await running.client.ended(id);
      await oldClient.ended(id);
    }
    first.push(...(await postBoth(330, 349, 392, 440)));
    // Either release's fetch takes what an API of either has promised to fetch.
    for (const [index, hz] of [466, 494].entries()) {
      const name = `${hz}.wav`;
      await storeOf(running.fleet.env).writeObject({
        bucket: clientsBucket,
        name,
        body: clicks(hz),
        createOnly: true,
      });
      const { api } = index % 2 ? oldClient : running.client;
      first.push(await api.postSource({ source: `gs://${clientsBucket}/${name}`, targets }));
    }
    // The old ones go one by one, with work in hand, as a rolling update has it.
    const ended: Promise<unknown>[] = [];
    const later: typeof first = [];
    for (const [index, child] of old.entries()) {
      later.push(await post(running.client, 500 + 20 * index));
      ended.push(once(child, "exit"));
      child.kill("SIGTERM");
    }
    await Promise.all(ended);
    later.push(await post(running.client, 700));

    const versions = new Set<number>();
    const decoders = new Set<string>();
    for (const { id } of [...first, ...later]) {
      const track = await running.client.ended(id);
      expect(track.state).toBe("done");
      const made = track.steps.find(({ step }) => step === tempo.name);
      if (made?.version) versions.add(made.version);
      // What the join says is what the tempo that the track shows says: not a mixture of two plans.
      const results = track.results.tempo?.facts;
      expect(factsOf(track, MixNote).bpm).toBe(Object(results).bpm);
      const history = await running.client.history(id, () => true);
      for (const { step, attempt } of history.attempts) if (step === "decode") decoders.add(attempt.worker);
      // Told of both inputs at one moment, two workers may both join them: at one address, where one record holds.
      expect(addressesOf(history, mixNote.name)).toBeLessThanOrEqual(addressesOf(history, tempo.name));
    }
    // Both have taken part: the last was posted when only the new release was there.
    expect(versions).toContain(tempo.version + 1);
    expect(decoders.size).toBeGreaterThan(1);
  });
});
