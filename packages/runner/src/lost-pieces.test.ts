// Pieces that are all there when a joining looks, and are not when it reads them: no result is joined of what is left.
import type { Task } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read, stitch } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const takeTasks = () => harness.tasks.splice(0);

/** The joining of a text, all pieces of which are made. */
async function makePieces(text: string, force: readonly string[] = []): Promise<Task> {
  await harness.deliver(read, await harness.accept(text, ["read", "stitch"]));
  const [fact] = harness.ready.splice(0);
  if (!fact) throw new Error("expected the text to be announced");
  await harness.deliver(stitch, ask(fact, { requestId: requestId(text.length), force: [...force] }));
  for (const piece of takeTasks()) await harness.deliver(stitch, piece);
  const [joining, ...more] = takeTasks();
  if (joining?.type !== "Join" || more.length > 0) throw new Error("expected a joining, and nothing else");
  return joining;
}

/** Delivers a joining, and has something done between its look for pieces and its reading of them. */
function deliverInterrupted(joining: Task, interrupt: () => Promise<unknown>) {
  const { checkpoints } = harness.partsFor(stitch);
  const interrupted: typeof checkpoints = {
    ...checkpoints,
    async madePieces(run) {
      const made = await checkpoints.madePieces(run);
      await interrupt();
      return made;
    },
  };
  return harness.deliver(stitch, joining, { parts: { checkpoints: interrupted } });
}

test.each([[[]], [["stitch"]]])("pieces that another joining removes meanwhile: forced %j", async (force) => {
  const joining = await makePieces(`twenty letters, say${force.length}`, force);
  const ended = await deliverInterrupted(joining, async () => {
    expect((await harness.deliver(stitch, joining)).ending).toBe("computed");
  });
  expect(ended).toEqual({ ending: "handed-back", settled: "nack" });
  expect((await harness.deliver(stitch, joining, { deliveryAttempt: 2 })).ending).toBe("skipped");
  const told = harness.outcomes.filter(({ step }) => step === "stitch");
  expect(told.map(({ outcome }) => outcome)).toEqual(
    told.map(() => expect.objectContaining({ facts: expect.objectContaining({ letters: 20 }) })),
  );
});

test("a share that expires meanwhile is made again", async () => {
  const joining = await makePieces("seventeen letters");
  const bucket = harness.names.bucket("scratch");
  const ended = await deliverInterrupted(joining, async () => {
    const { objects } = await harness.store.listObjects({ bucket, prefix: "" });
    const [share] = objects.filter(({ name }) => name.includes("/pieces/"));
    if (!share) throw new Error("expected shares");
    await harness.store.deleteObject(share);
  });
  expect(ended).toEqual({ ending: "handed-back", settled: "nack" });
  expect((await harness.deliver(stitch, joining, { deliveryAttempt: 2 })).ending).toBe("handed-on");
  const [piece, ...more] = takeTasks();
  if (piece?.type !== "Piece" || more.length > 0) throw new Error("expected one share");
  await harness.deliver(stitch, piece);
  const [again] = takeTasks();
  if (!again) throw new Error("expected a joining");
  expect((await harness.deliver(stitch, again)).ending).toBe("computed");
  expect(harness.outcomes.at(-1)?.outcome).toMatchObject({ facts: { letters: 17 } });
});
