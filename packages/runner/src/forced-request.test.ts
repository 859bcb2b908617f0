// What a request has forced once is not made again, however often its messages come: somebody pays for it.
import type { ArtifactReady, Task } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import fleet, { read, Stitched, stitch, words } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId } from "./fixtures/harness.ts";
import { finished, poolOf } from "./fixtures/pool-of.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());
beforeEach(() => {
  harness.outcomes.length = 0;
  harness.ready.length = 0;
  harness.tasks.length = 0;
});
const take = () => harness.ready.splice(0);

test("a forced message that is delivered twice computes once, and tells of that work twice", async () => {
  const message = await harness.accept("force me", ["read", "words"]);
  await harness.deliver(read, message);
  take();
  harness.outcomes.splice(0);
  const forced = ask(message, { requestId: requestId(1), force: ["read", "words"] });
  const first = await harness.deliver(read, forced, { id: "m1" });
  const again = await harness.deliver(read, forced, { id: "m1", deliveryAttempt: 2 });
  expect([first.ending, again.ending]).toEqual(["computed", "skipped"]);
  // Whoever counts the forced request's own outcomes finds one, in both.
  const [told, toldAgain] = harness.outcomes;
  expect(told).toMatchObject({ how: "computed" });
  expect(toldAgain).toEqual({ ...told, at: toldAgain?.at });
  // What follows belongs to the same request, whichever of the two it came from.
  const [text, same] = take();
  if (!text || !same) throw new Error("expected two announcements");
  const endings = [await harness.deliver(words, text), await harness.deliver(words, same)];
  expect(endings.map(({ ending }) => ending)).toEqual(["computed", "skipped"]);
  // Another request is another.
  const another = ask(forced, { requestId: requestId(2) });
  expect((await harness.deliver(read, another, { id: "m2" })).ending).toBe("computed");
});

test("a forced attempt that failed is not made again for the same message; what was there still holds", async () => {
  const message = await harness.accept("empty in the end", ["read"]);
  const good = await harness.accept("empty in the end");
  const address = (await harness.deliver(read, good, { parts: { pool: making() } })) && good.request.master;
  expect(address).toBe(message.request.master);
  const forced = ask(message, { requestId: requestId(3), force: ["read"] });
  const first = await harness.deliver(read, forced, { id: "f1" });
  const again = await harness.deliver(read, forced, { id: "f1", deliveryAttempt: 2 });
  expect([first.ending, again.ending]).toEqual(["failed", "failed-before"]);
  const failures = harness.outcomes.filter(({ outcome }) => outcome.status === "failed");
  expect(failures).toHaveLength(2);
  expect(failures[1]?.attempt).toEqual(failures[0]?.attempt);
  const last = await harness.deliver(read, message, { id: "not forced" });
  expect(last.ending).toBe("skipped");
});

/** A pool that succeeds where the step itself would fail. */
function making() {
  return poolOf(async ({ outputPaths }) => {
    const { writeFile } = await import("node:fs/promises");
    await writeFile(outputPaths.text ?? "", "MADE");
    return finished({ length: 4 });
  });
}

describe("a forced run that is shared out", () => {
  /** A text that was stitched before: only the forced request makes it anew. */
  const forcedText = async (text: string, request: number) => {
    await harness.deliver(read, await harness.accept(text, ["read", "stitch"]));
    const [fact] = take();
    if (!fact) throw new Error("expected the text to be announced");
    await deliverAll([fact]);
    return ask(fact, { requestId: requestId(request), force: ["stitch"] });
  };
  /** Delivers messages, so many at a time, and what follows from them. */
  const deliverAll = async (first: readonly (ArtifactReady | Task)[], atOnce = 1) => {
    const [queue, delivered, endings] = [[...first], [] as (ArtifactReady | Task)[], [] as string[]];
    while (queue.length > 0) {
      const some = queue.splice(0, atOnce);
      const ended = await Promise.all(some.map((message) => harness.deliver(stitch, message)));
      endings.push(...ended.map(({ ending }) => ending));
      delivered.push(...some);
      queue.push(...harness.tasks.splice(0));
    }
    return { delivered, endings };
  };
  const typesOf = (messages: readonly { readonly type: string }[]) => messages.map(({ type }) => type);

  test("is made once, and nothing of it is shared out again, whatever comes again", async () => {
    const forced = await forcedText("seventeen letters", 4);
    const { delivered, endings } = await deliverAll([forced]);
    expect(typesOf(delivered).filter((type) => type === "Piece").length).toBeGreaterThan(1);
    expect(endings.filter((ending) => ending === "computed")).toHaveLength(1);
    for (const late of delivered) {
      expect(await harness.deliver(stitch, late, { deliveryAttempt: 2 })).toMatchObject({
        ending: "skipped",
      });
    }
    expect(typesOf(harness.tasks)).toEqual([]);
  });

  test("is not shared out again by a joining that looked before another one had ended", async () => {
    const forced = await forcedText("fifteen letters", 6);
    const address = fleet.chain.addressesFor(forced.request.master).get("stitched") ?? "";
    const before = await harness.artifacts.readRecord(Stitched, address);
    const { delivered } = await deliverAll([forced]);
    const joining = delivered.at(-1) ?? forced;
    let looks = 0;
    const { artifacts } = harness;
    const readRecord: typeof artifacts.readRecord = async (...of) =>
      looks++ === 0 ? before : artifacts.readRecord(...of);
    const parts = { artifacts: { ...artifacts, readRecord } };
    expect(await harness.deliver(stitch, joining, { parts })).toMatchObject({ ending: "handed-back" });
    expect(harness.tasks).toEqual([]);
    expect(await harness.deliver(stitch, joining, { deliveryAttempt: 2 })).toMatchObject({
      ending: "skipped",
    });
  });

  test("is made once when two workers end its last shares at the same moment", async () => {
    const forced = await forcedText("eighteen letters!".replace("!", "?"), 5);
    const { delivered, endings } = await deliverAll([forced], 2);
    const pieces = typesOf(delivered).filter((type) => type === "Piece");
    expect(pieces).toHaveLength(5);
    expect(endings.filter((ending) => ending === "computed").length).toBeGreaterThan(0);
    expect(new Set(endings)).not.toContain("retried");
  });
});

test("two requests that force what is shared out at one address both come to their end, each on its own pieces", async () => {
  await harness.deliver(read, await harness.accept("seventeen letters", ["read", "stitch"]));
  const [fact] = harness.ready.splice(0);
  if (!fact) throw new Error("expected the text to be announced");
  const finish = async (first: (ArtifactReady | Task)[]) => {
    const queue = [...first];
    for (let message = queue.shift(); message; message = queue.shift()) {
      await harness.deliver(stitch, message);
      queue.push(...harness.tasks.splice(0));
    }
  };
  await finish([fact]);
  const [one, other] = [4, 5].map((n) => ask(fact, { requestId: requestId(n), force: ["stitch"] }));
  if (!one || !other) throw new Error("expected two requests");
  await harness.deliver(stitch, other);
  const [firstPiece, ...pieces] = harness.tasks.splice(0);
  if (!firstPiece) throw new Error("expected pieces");
  await harness.deliver(stitch, firstPiece);
  const afterFirst = harness.tasks.splice(0);
  await finish([one]);
  await finish([...afterFirst, ...pieces]);
  const told = harness.outcomes.filter(({ how, step }) => step === "stitch" && how === "computed");
  expect(told.map((outcome) => outcome.requestId)).toEqual(
    expect.arrayContaining([requestId(4), requestId(5)]),
  );
});
