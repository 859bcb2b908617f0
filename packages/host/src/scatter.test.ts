import type { ArtifactReady, Task } from "@segue/contracts";
import { firstMissing, shareOut } from "@segue/runner";
import { ask, createHarness, read, stitch } from "@segue/runner/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

const only = <Message>(messages: readonly Message[]): Message => {
  const [message] = messages;
  if (!message || messages.length > 1) throw new Error(`expected one message, got ${messages.length}`);
  return message;
};
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("shareOut", () => {
  test("covers all pieces once, in shares that are neither tiny nor many", () => {
    for (const count of [1, 4, 5, 9, 128, 129, 154, 5_000]) {
      const shares = shareOut(count, new Set());
      expect(shares.flatMap(({ from, to }) => range(from, to))).toEqual(range(0, count));
      expect(shares.length).toBeLessThanOrEqual(32);
      expect(shares.slice(0, -1).every(({ from, to }) => to - from >= 4)).toBe(true);
    }
  });

  test("leaves out what is made, and cuts where it cut before", () => {
    const all = shareOut(100, new Set());
    const some = shareOut(100, new Set([...range(0, 10), 50]));
    expect(all).toEqual(expect.arrayContaining(some));
    expect(some[0]).toEqual({ from: 8, to: 12 });
    expect(firstMissing({ from: 8, to: 12 }, new Set([8, 10]))).toEqual([9]);
    expect(firstMissing({ from: 8, to: 12 }, new Set(range(8, 12)))).toEqual([]);
  });
});

describe("a step that scatters", () => {
  let harness: Awaited<ReturnType<typeof createHarness>>;
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterAll(() => harness[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const list of [harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
  });

  const draining = AbortSignal.abort();
  const stitched = (text: string) => [...text].map((letter) => `${letter.toUpperCase()}-`).join("");
  const take = () => harness.tasks.splice(0) as readonly Task[];
  const announcedText = async (text: string): Promise<ArtifactReady> => {
    await harness.deliver(read, await harness.accept(text, ["read", "words", "stitch"]));
    return only(harness.ready.splice(0));
  };
  const deliverAll = async (messages: readonly (ArtifactReady | Task)[], parts = {}) => {
    for (const message of messages)
      expect(await harness.deliver(stitch, message, { parts })).toEqual({
        ending: "handed-on",
        settled: "ack",
      });
  };
  const payload = async () => {
    const { outcome } = harness.outcomes.at(-1) ?? {};
    if (outcome?.status !== "succeeded" || !outcome.payload) throw new Error("no payload");
    return (await harness.store.readObject(outcome.payload)).toString();
  };
  const leftovers = async () => {
    const { objects } = await harness.store.listObjects({
      bucket: harness.names.bucket("scratch"),
      prefix: "",
    });
    return objects.filter(({ name }) => name.includes(".run/")).map(({ name }) => name);
  };

  test("does short work at once, in one attempt", async () => {
    const message = await announcedText("in one");
    expect(await harness.deliver(stitch, message)).toMatchObject({ ending: "computed" });
    expect(await payload()).toBe("whole: IN ONE");
  });

  test("shares long work out; the last share to be made has it joined, and nothing is left behind", async () => {
    const text = "seventeen letters";
    await deliverAll([await announcedText(text)]);
    const shares = take();
    const cuts = shareOut(text.length, new Set());
    expect(shares).toMatchObject(cuts.map((share) => ({ type: "Piece", step: "stitch", ...share })));
    await deliverAll(shares.toReversed());
    const joining = take();
    expect(joining).toMatchObject([{ type: "Join", step: "stitch" }]);
    expect(await harness.deliver(stitch, only(joining))).toMatchObject({ ending: "computed" });
    const told = harness.outcomes.at(-1);
    expect(told?.outcome).toMatchObject({ facts: { letters: 17 } });
    const attempt = told?.attempt;
    expect(attempt?.cpuMs).toBeGreaterThan(0);
    expect(attempt?.earlier.map(({ worker }) => worker)).toEqual(shares.map(() => "test-worker"));
    const starts = [...(attempt?.earlier ?? []), attempt].map((each) => Date.parse(each?.startedAt ?? ""));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(await payload()).toBe(stitched(text));
    expect(await leftovers()).toEqual([]);
  });

  test("hands on what is left of a share while workers drain", async () => {
    const text = "ten letters, and some";
    await deliverAll([await announcedText(text)]);
    let messages = take();
    let rounds = 0;
    while (messages.some(({ type }) => type === "Piece")) {
      await deliverAll(messages, { draining });
      messages = take();
      rounds += 1;
    }
    expect(rounds).toBe(4);
    expect(await harness.deliver(stitch, only(messages))).toMatchObject({ ending: "computed" });
    expect(await payload()).toBe(stitched(text));
  });

  test("whatever comes twice, or again in the middle, changes nothing and makes no piece twice", async () => {
    const text = "twice and once more";
    const message = await announcedText(text);
    await deliverAll([message]);
    const shares = take();
    await deliverAll([shares[1], shares[1]].flatMap((share) => share ?? []));
    expect(take()).toEqual([]);
    await deliverAll([message]);
    expect(take()).toEqual(shares.filter((_, index) => index !== 1));
    await deliverAll(shares);
    const [last] = shares.slice(-1);
    if (last) await deliverAll([last]);
    const joinings = take();
    expect(joinings).toHaveLength(2);
    const endings = [];
    for (const joining of joinings) endings.push((await harness.deliver(stitch, joining)).ending);
    expect(endings).toEqual(["computed", "skipped"]);
    expect(await payload()).toBe(stitched(text));
    // A straggler finds that all is done.
    expect((await harness.deliver(stitch, shares[0] ?? message)).ending).toBe("skipped");
    expect(await leftovers()).toEqual([]);
  });

  test("a share that is made while another track's run of the same bytes ends brings its own track to the end", async () => {
    const message = await announcedText("the same bytes");
    await deliverAll([message]);
    const shares = take();
    await deliverAll(shares);
    expect(await harness.deliver(stitch, only(take()))).toMatchObject({ ending: "computed" });
    take();
    let looks = 0;
    const { artifacts } = harness;
    const readRecord: typeof artifacts.readRecord = async (...of) =>
      looks++ === 0 ? undefined : artifacts.readRecord(...of);
    const [share] = shares.slice(-1);
    const other = "01890000-0000-7000-8000-000000000001";
    if (share)
      await deliverAll([ask(share, { trackId: other })], { artifacts: { ...artifacts, readRecord } });
    expect(await harness.deliver(stitch, only(take()))).toMatchObject({ ending: "skipped" });
    expect(harness.outcomes.at(-1)).toMatchObject({ trackId: other, outcome: { status: "succeeded" } });
  });

  test("a piece that fails for good ends the step, and the other shares find that", async () => {
    await deliverAll([await announcedText("fine so far! or was")]);
    const shares = take();
    const endings = [];
    for (const share of shares) endings.push((await harness.deliver(stitch, share)).ending);
    expect(endings).toEqual(["handed-on", "handed-on", "failed", "failed-before", "failed-before"]);
    expect(harness.outcomes.at(-1)?.outcome).toMatchObject({
      status: "failed",
      error: { code: "empty-file" },
    });
    expect(await leftovers()).toEqual([]);
  });
});

test("workers share one long text, and one of them may die", async () => {
  await using cloud = await startWorkerCloud();
  const [, first] = await Promise.all(
    ["reader", "stitcher", "stitcher"].map((service) => cloud.startWorker(service)),
  );
  const text = "with a rest. ".repeat(12);
  await cloud.submit(1, text, ["read", "stitch"]);
  const stitchedBy = () => cloud.outcomes.find(({ step }) => step === "stitch")?.outcome;
  await expect.poll(stitchedBy).toMatchObject({
    status: "succeeded",
    facts: { letters: text.length, workers: 2 },
  });
  await cloud.submit(2, text.toUpperCase().replaceAll("REST", "BREAK"), ["read", "stitch"]);
  await expect.poll(() => cloud.outcomes.filter(({ step }) => step === "read").length).toBe(2);
  first?.child.kill("SIGKILL");
  await expect.poll(() => cloud.outcomes.filter(({ step }) => step === "stitch").length).toBe(2);
  expect(cloud.outcomes.at(-1)?.outcome).toMatchObject({ status: "succeeded" });
});
