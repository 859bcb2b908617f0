// Two workers that make the same piece, and not the same bytes: they may have other builds of an encoder. What is joined is of one of them, as its states are.
import { locate } from "@segue/chain";
import type { ArtifactReady } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read, spell, stitch } from "./fixtures/fleet.ts";
import { createHarness } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

/** A text that is there, for a step to work on. */
async function factOf(text: string, step: AnyStep): Promise<ArtifactReady> {
  await harness.deliver(read, await harness.accept(text, ["read", step.name]));
  const [fact] = harness.ready.splice(0);
  if (!fact) throw new Error("expected the text to be announced");
  return fact;
}

/** What a worker with another build has stored of a piece before it died. */
async function leaveFile(step: AnyStep, { request }: ArtifactReady, file: string): Promise<void> {
  const { address } = locate(harness.partsFor(step), request);
  const ref = { bucket: harness.names.bucket("scratch"), name: `${address}.run/files/${file}` };
  await harness.store.writeObject({ ...ref, body: Buffer.from("of another build"), createOnly: true });
}

/** Delivers what is sent, until nothing is. */
async function deliverAll(step: AnyStep): Promise<void> {
  for (let tasks = harness.tasks.splice(0); tasks.length > 0; tasks = harness.tasks.splice(0))
    for (const task of tasks) await harness.deliver(step, task);
}

async function resultOf(step: AnyStep): Promise<string> {
  const outcome = harness.outcomes.findLast((told) => told.step === step.name)?.outcome;
  if (outcome?.status !== "succeeded" || !outcome.payload)
    throw new Error(`expected a payload of ${step.name}, got ${JSON.stringify(outcome)}`);
  return (await harness.store.readObject(outcome.payload)).toString("utf8");
}

test("pieces that are shared out", async () => {
  const fact = await factOf("two builds", stitch);
  await leaveFile(stitch, fact, "stitch-0");
  await harness.deliver(stitch, fact);
  await deliverAll(stitch);
  expect(await resultOf(stitch)).toBe("T-W-O- -B-U-I-L-D-S-");
});

test("pieces before a checkpoint, read again by the attempt that goes on", async () => {
  const fact = await factOf("spelt", spell);
  await leaveFile(spell, fact, "0");
  await harness.deliver(spell, fact);
  await deliverAll(spell);
  expect(await resultOf(spell)).toBe("S.P.E.L.T.");
});

test("of shares that overlap the states and the files are of the same one", async () => {
  const fact = await factOf("overlapping", stitch);
  const { checkpoints } = harness.partsFor(stitch);
  const { address: run } = locate(harness.partsFor(stitch), fact.request);
  await harness.deliver(stitch, fact);
  const tasks = harness.tasks.splice(0);
  await leaveFile(stitch, fact, "stitch-1");
  for (const task of tasks) await harness.deliver(stitch, task);
  // The share of whoever has left the file.
  const state = { index: 1, pid: 0 };
  const spent = { cpuMs: null, gpuMs: null, earlier: [] };
  await checkpoints.saveShare(run, { from: 1, states: [state], files: ["stitch-1"], moved: {}, spent });
  await deliverAll(stitch);
  expect(await resultOf(stitch)).toBe("O-of another buildE-R-L-A-P-P-I-N-G-");
});
