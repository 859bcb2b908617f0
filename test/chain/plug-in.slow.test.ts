// A step joins a fleet that runs: over the local cloud, and over Google's Pub/Sub emulator where that is installed.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNames, deriveTopology, localNaming } from "@segue/chain";
import { runCli } from "@segue/cli/testing";
import {
  BackfillResource,
  describeKind,
  describeStep,
  type Kind,
  KindList,
  stepObjectName,
} from "@segue/contracts";
import { ensureTopology } from "@segue/launcher";
import { createPublisher, createSend } from "@segue/queue";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { expireScratch, pubsubOf, storeOf } from "../support/cloud.ts";
import { findEmulator } from "../support/find-emulator.ts";
import { type FleetUnderTest, startFleetUnderTest, timesComputed } from "../support/fleet-under-test.ts";
import { startGoogleEmulator } from "../support/google-emulator.ts";
import { startWorker } from "../support/start-worker.ts";
import { tone } from "../support/tone.ts";
import { Crossings, crossings } from "./fixtures/crossings.step.ts";
import { Peak } from "./fixtures/peak.step.ts";
import pluggedIn from "./fixtures/plugged-in.config.ts";

const fixture = (name: string) => new URL(`./fixtures/${name}.config.ts`, import.meta.url).href;
const found = findEmulator();
if ("missing" in found) console.warn(`SKIPPED: tests over Google's Pub/Sub emulator: ${found.missing}`);

const Described = z.object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) });

const clouds = [
  { cloud: "the local cloud", start: async () => ({ env: {}, [Symbol.asyncDispose]: async () => {} }) },
  {
    cloud: "Google's emulator",
    async start() {
      const emulator = await startGoogleEmulator("jar" in found ? found.jar : "");
      return {
        env: { PUBSUB_EMULATOR_HOST: emulator.host },
        [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
      };
    },
  },
];

describe.each(clouds)("over $cloud", ({ cloud, start }) => {
  const isMissing = cloud !== "the local cloud" && "missing" in found;
  let queue: Awaited<ReturnType<typeof start>>;
  let running: FleetUnderTest;
  let worker: ChildProcess;
  let old: string;
  let pids: (number | undefined)[];
  const pidsNow = () => running.fleet.processes().map(({ pid }) => pid);
  const startCrossings = (fleet: string) => startWorker("crossings", fixture(fleet), running.fleet.env);
  const stopWorker = async () => {
    const gone = once(worker, "exit");
    worker.kill("SIGTERM");
    expect(await gone).toEqual([0, null]);
  };
  const make = async () => {
    const args = ["make", "--targets", "crossings", "--track", old, "--api", running.fleet.apiUrl, "--json"];
    return BackfillResource.parse(JSON.parse((await runCli(args)).stdout)).tracks;
  };
  /** How often a step was computed for the old track. */
  const computedOf = async () => {
    const history = await running.client.history(old, () => true);
    return (step: string) => timesComputed(history, step);
  };

  beforeAll(async () => {
    if (isMissing) return;
    queue = await start();
    running = await startFleetUnderTest({ env: queue.env });
    pids = pidsNow();
    old = (await running.client.post(tone(220))).id;
    await running.client.ended(old);
    // As a deployment does it: what the new service needs, then its worker.
    const { env } = running.fleet;
    const pubsub = pubsubOf(env);
    await ensureTopology(pubsub, storeOf(env), deriveTopology(pluggedIn.chain, createNames(localNaming)));
    await pubsub.close();
    worker = await startCrossings("plugged-in");
  });
  afterAll(async () => {
    worker?.kill("SIGKILL");
    await running?.[Symbol.asyncDispose]();
    await queue?.[Symbol.asyncDispose]();
  });

  /** At once is when the API has looked: the first track that wants a kind comes within some polls. */
  const firstWith = async (kind: string, hz: number) => {
    let made = { id: "", hz };
    await expect
      .poll(async () => {
        const next = made.hz + 1;
        const sent = await running.client.post(tone(next), { targets: [kind] }).catch(() => ({ id: "" }));
        made = { id: sent.id, hz: next };
        return made.id;
      })
      .not.toBe("");
    return { track: await running.client.ended(made.id), hz: made.hz };
  };

  test.skipIf(isMissing)("new tracks get it at once", async () => {
    const { track, hz } = await firstWith("crossings", 300);
    expect(track.state).toBe("done");
    expect(track.results.crossings?.facts).toEqual({ perSec: expect.closeTo(2 * hz, -1) });
    // By default too.
    const all = await running.client.ended((await running.client.post(tone(440))).id);
    expect(Object.keys(all.results)).toEqual(expect.arrayContaining(["crossings", "tempo", "aac"]));
    // What is made by name only is not among it.
    expect([all.state, all.targets.includes("peak"), all.results.peak]).toEqual(["done", false, undefined]);
    const named = await firstWith("peak", 500);
    expect(named.track.results.peak?.facts).toEqual({ peak: expect.closeTo(0.5, 1) });
  });

  /** What the API tells of kinds: itself, and its description. */
  const kindsNow = async () => {
    const read = async (path: string): Promise<unknown> =>
      (await fetch(`${running.fleet.apiUrl}${path}`)).json();
    const { kinds } = KindList.parse(await read("/v1/kinds"));
    const described = Described.parse(await read("/openapi.json"));
    return { kinds, schemas: described.components.schemas };
  };

  test.skipIf(isMissing)("its kind is told, described and shown as it asks to be", async () => {
    const { kinds, schemas } = await kindsNow();
    const told = (kind: Kind) => ({ ...describeKind(kind), step: kind.name });
    expect(kinds.find(({ name }) => name === "crossings")).toEqual(told(Crossings));
    expect(kinds.find(({ name }) => name === "peak")).toEqual({ ...told(Peak), defaultTarget: false });
    expect(schemas.CrossingsFacts).toMatchObject({
      required: ["perSec"],
      properties: { perSec: { type: "number", "x-display": { as: "summary", unit: "/s", precision: 0 } } },
    });
    // The command line was not built with it, and runs on nothing but what the API tells.
    const { id } = await running.client.post(tone(442));
    await running.client.ended(id);
    const api = ["--api", running.fleet.apiUrl];
    const shown = await runCli(["track", id, ...api]);
    expect(shown.stdout).toMatch(/^tempo .*\nzero crossings +88\d \/s\nkey /m);
    const out = await mkdtemp(join(tmpdir(), "segue-plug-in-"));
    onTestFinished(() => rm(out, { recursive: true }));
    expect(await runCli(["export", "--out", out, "--limit", "1", ...api])).toMatchObject({ code: 0 });
    const [head = "", row = ""] = (await readFile(join(out, "results.csv"), "utf8")).split("\r\n");
    const cell = row.split(",")[head.split(",").indexOf("crossings.perSec")];
    expect(Number(cell)).toBeCloseTo(884, -1);
  });

  test.skipIf(isMissing)(
    "old tracks are as they were until a backfill, which builds bottom-up and repeats nothing",
    async () => {
      expect((await running.client.track(old)).results.crossings).toBeUndefined();
      await expireScratch(running.fleet.env);
      expect(await make()).toMatchObject({ total: 1, complete: 0, succeeded: 1, failed: 0 });
      expect((await running.client.track(old)).results.crossings?.facts).toEqual({
        perSec: expect.closeTo(440, -1),
      });
      const computed = await computedOf();
      expect([computed("decode"), computed("downsample"), computed("crossings")]).toEqual([2, 2, 1]);
      for (const step of ["tempo", "key", "tags", "encode"]) expect(computed(step)).toBe(1);
      expect(await make()).toMatchObject({ total: 1, complete: 1, succeeded: 0 });
    },
  );

  test.skipIf(isMissing)(
    "of a raised version a backfill computes that step again, and nothing else",
    async () => {
      const before = await computedOf();
      const raised = await startCrossings("plugged-in-raised");
      await stopWorker();
      worker = raised;
      // Until the catalog has looked, nothing is missing.
      await expect.poll(make).toMatchObject({ total: 1, complete: 0, succeeded: 1 });
      const after = await computedOf();
      expect(after("crossings")).toBe(before("crossings") + 1);
      for (const step of ["decode", "downsample", "tempo", "key", "tags", "encode"])
        expect(after(step)).toBe(before(step));
      const { steps } = await running.client.track(old);
      expect(steps.find(({ step }) => step === "crossings")?.version).toBe(crossings.version + 1);
    },
  );

  test.skipIf(isMissing)("nothing else was restarted", () => {
    expect(pidsNow()).toEqual(pids);
  });

  const refusal = () =>
    running.client.post(tone(600), { targets: ["crossings"] }).then(
      () => "accepted",
      (error: Error) => error.message,
    );

  test.skipIf(isMissing)("taken out, it is no longer waited for, and what it made stays", async () => {
    const before = await running.client.track(old);
    await stopWorker();
    const remove = (step: string, ...args: string[]) =>
      runCli(["remove", "step", step, ...args], process.cwd(), { ...running.fleet.env });
    const plannedOf = async (step: string) =>
      JSON.parse((await remove(step, "--dry-run", "--json")).stdout).removed.sort();
    const ofStep = (step: string) => [
      `gs://segue-local-segue-records/steps/${step}.json`,
      `subscription segue.mono16k.${step}`,
      `subscription segue.mono16k.${step}.backfill`,
    ];
    // Its service has another step, which hears of the same tasks.
    expect(await plannedOf("crossings")).toEqual(ofStep("crossings"));
    expect((await remove("crossings")).stdout).toContain(`removed: ${ofStep("crossings")[0]}\n`);
    expect(await remove("crossings")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("is registered"),
    });
    expect(await plannedOf("peak")).toEqual([
      ...ofStep("peak"),
      "subscription segue.tasks.crossings.backfill",
      "subscription segue.tasks.crossings.live",
    ]);
    await expect.poll(refusal).toMatch(/no target .+crossings/);
    const { kinds, schemas } = await kindsNow();
    expect([kinds.some(({ name }) => name === "crossings"), schemas.CrossingsFacts]).toEqual([
      false,
      undefined,
    ]);
    const track = await running.client.ended((await running.client.post(tone(601))).id);
    expect(track).toMatchObject({ state: "done", targets: expect.not.arrayContaining(["crossings"]) });
    const { results, ...after } = await running.client.track(old);
    // Of a step that is no longer there nobody can tell whether a result is of its newest version.
    const kept = { ...before.results.crossings, current: null };
    expect(after).toEqual(expect.objectContaining({ state: before.state, steps: before.steps }));
    expect(results).toEqual({ ...before.results, crossings: kept });
    expect(pidsNow()).toEqual(pids);
  });

  test.skipIf(isMissing)(
    "left behind in storage, it is not waited for by a fleet that is started anew",
    async () => {
      const name = stepObjectName("crossings");
      const body = Buffer.from(JSON.stringify(describeStep(crossings)));
      const { env } = running.fleet;
      const written = { bucket: "segue-local-segue-records", name, body, createOnly: true };
      const { generation } = await storeOf(env).writeObject(written);
      const pubsub = pubsubOf(env);
      const publisher = createPublisher(createSend(pubsub, createNames(localNaming)), pluggedIn.chain);
      await publisher.news({ v: 1, type: "StepsRegistered", generations: { crossings: generation } });
      await pubsub.close();
      await expect.poll(refusal).toBe("accepted");
      await running.killAndRestart();
      expect(await refusal()).toMatch(/no target .+crossings/);
    },
  );
});
