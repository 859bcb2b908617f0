// An input that goes while the shares of a run are out: it is made once for all of them, and each goes on by itself.
import { createCheckpoints } from "@segue/artifacts";
import type { ArtifactReady } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { read, spell, stitch } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId, taskOf } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

beforeEach(() => {
  for (const list of [harness.ready, harness.tasks, harness.outcomes]) list.length = 0;
});

const takeTasks = () => harness.tasks.splice(0);
const takeTask = () => {
  const [task, ...more] = takeTasks();
  if (!task || more.length > 0) throw new Error(`expected one task, got ${more.length + (task ? 1 : 0)}`);
  return task;
};
const announceText = async (text: string, step: AnyStep): Promise<ArtifactReady> => {
  await harness.deliver(read, await harness.accept(text, ["read", step.name]));
  const [fact] = harness.ready.splice(0);
  if (!fact) throw new Error("expected the text to be announced");
  return fact;
};
const addressOf = ({ request }: ArtifactReady, kind: string) =>
  harness.chain.addressesFor(request.master).get(kind) ?? "";

/** A worker to whom the input is there for so many more bytes. */
function losesInputAfter(step: AnyStep, bytes: number) {
  const { artifacts } = harness.partsFor(step);
  let left = bytes;
  const losing: typeof artifacts = {
    ...artifacts,
    fetchRange: async (...range) => left-- > 0 && (await artifacts.fetchRange(...range)),
  };
  return { parts: { artifacts: losing } };
}

test("of a share that loses its input the pieces that it has made are kept", async () => {
  const fact = await announceText("eleven more letters", stitch);
  await harness.deliver(stitch, fact);
  const [piece] = takeTasks();
  if (piece?.type !== "Piece") throw new Error("expected pieces");
  const ended = await harness.deliver(stitch, piece, losesInputAfter(stitch, 2));
  expect(ended).toEqual({ ending: "rebuild-requested", settled: "ack" });
  const { numbers } = await createCheckpoints(harness.store, harness.names).madePieces(
    addressOf(fact, "stitched"),
  );
  expect([...numbers]).toEqual([piece.from, piece.from + 1]);
  await harness.deliver(read, takeTask());
  const again = takeTask();
  expect(again).toMatchObject({ type: "Piece", from: piece.from, to: piece.to });
  // What is made again is only what was not.
  const { ending } = await harness.deliver(stitch, again, losesInputAfter(stitch, piece.to - piece.from - 2));
  expect(ending).toBe("handed-on");
});

test("long work that loses its input goes on from where it had come to", async () => {
  const fact = await announceText("spelt out", spell);
  const ended = await harness.deliver(spell, fact, losesInputAfter(spell, 4));
  expect(ended).toEqual({ ending: "rebuild-requested", settled: "ack" });
  await harness.deliver(read, takeTask());
  const again = await harness.deliver(spell, takeTask(), losesInputAfter(spell, 5));
  expect(again).toMatchObject({ ending: "computed" });
  const { outcome, attempt } = harness.outcomes.at(-1) ?? {};
  expect(outcome).toMatchObject({ facts: { letters: 9, attempts: 2 } });
  expect(attempt).toMatchObject({ cpuMs: null, earlier: [{ worker: "test-worker" }] });
});

test("long work that loses its input before it has come anywhere leaves nothing", async () => {
  const fact = await announceText("nowhere", spell);
  await harness.deliver(spell, fact, losesInputAfter(spell, 0));
  const checkpoints = createCheckpoints(harness.store, harness.names);
  expect(await checkpoints.latest(addressOf(fact, "spelt"))).toBeUndefined();
});

test("an input that has expired while shares are out is made again once, and nothing is shared out again", async () => {
  await harness.deliver(
    read,
    await harness.accept("forty letters, each of them is one piece", ["read", "stitch"]),
  );
  const [fact] = harness.ready.splice(0);
  if (!fact) throw new Error("expected the text to be announced");
  await harness.deliver(stitch, ask(fact, { requestId: requestId(40) }));
  const pieces = takeTasks();
  expect(pieces.map(({ type }) => type)).toEqual(pieces.map(() => "Piece"));
  expect(pieces.length).toBeGreaterThan(5);
  const address = harness.chain.addressesFor(fact.request.master).get("text");
  await harness.store.deleteObject({ bucket: harness.names.bucket("scratch"), name: `${address}.txt` });

  for (const piece of pieces)
    expect(await harness.deliver(stitch, piece)).toMatchObject({ ending: "rebuild-requested" });
  const rebuilds = takeTasks();
  const first = await Promise.all(rebuilds.map((each) => harness.deliver(read, each)));
  const endings = first.map(({ ending }) => ending);
  expect(endings.filter((ending) => ending === "computed")).toHaveLength(1);
  for (const [index, ending] of endings.entries()) {
    const again = rebuilds[index];
    if (ending === "handed-back" && again)
      expect(await harness.deliver(read, again, { deliveryAttempt: 2 })).toMatchObject({ ending: "skipped" });
  }
  const told = takeTasks();
  const shareOf = (task: object) => ("from" in task && "to" in task ? `${task.from}..${task.to}` : "none");
  expect(told.map(({ type }) => type)).toEqual(pieces.map(() => "Piece"));
  expect(new Set(told.map(shareOf))).toEqual(new Set(pieces.map(shareOf)));

  for (const piece of told) await harness.deliver(stitch, piece);
  const [joining, ...more] = takeTasks();
  expect(more).toEqual([]);
  if (joining?.type !== "Join") throw new Error("expected a joining");
  expect(await harness.deliver(stitch, joining)).toMatchObject({ ending: "computed" });
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ facts: { letters: 40 } });
});

test.each([
  ["begins anew with work that comes further", [], 0],
  ["goes on for whoever waits for that work", ["words"], 19],
])("the count of what was made again %s", async (_what, waiting, hops) => {
  const parts = { draining: AbortSignal.abort() };
  const spelling = await announceText(`counted ${hops}`, spell);
  await harness.deliver(spell, taskOf("Run", "spell", spelling.request, { waiting, hops: 19 }), { parts });
  expect(takeTask()).toMatchObject({ type: "Continue", waiting, hops });
  const { request } = await announceText(`to be counted ${hops}`, stitch);
  await harness.deliver(stitch, taskOf("Run", "stitch", request, { waiting, hops: 19 }));
  const [piece] = takeTasks();
  if (!piece) throw new Error("expected pieces");
  expect(piece).toMatchObject({ type: "Piece", hops: 19 });
  await harness.deliver(stitch, piece, { parts });
  expect(takeTask()).toMatchObject({ type: "Piece", waiting, hops });
});

test.each([
  ["begins anew", "what it has made is kept", [], 4, 1],
  ["goes on", "it has come nowhere", [], 0, 20],
  ["goes on", "somebody waits for it", ["words"], 4, 20],
])(
  "when an input goes, the count of what was made again %s where %s",
  async (how, why, waiting, bytes, hops) => {
    const { request } = await announceText(`${how} where ${why} ${waiting}`, spell);
    const task = taskOf("Run", "spell", request, { waiting, hops: 19 });
    const ended = await harness.deliver(spell, task, losesInputAfter(spell, bytes));
    expect(ended).toEqual({ ending: "rebuild-requested", settled: "ack" });
    expect(takeTask()).toMatchObject({ type: "Rebuild", waiting: ["spell", ...waiting], hops });
  },
);

test("of a share that loses its input the count begins anew, too", async () => {
  const { request } = await announceText("a share that comes further", stitch);
  await harness.deliver(stitch, taskOf("Run", "stitch", request, { hops: 19 }));
  const [piece] = takeTasks();
  if (piece?.type !== "Piece") throw new Error("expected pieces");
  await harness.deliver(stitch, piece, losesInputAfter(stitch, 1));
  expect(takeTask()).toMatchObject({ type: "Rebuild", hops: 1 });
});
