// An input that goes while the shares of a run are out: it is made once for all of them, and each goes on by itself.
import { afterAll, beforeAll, expect, test } from "vitest";
import { read, stitch } from "./fixtures/fleet.ts";
import { ask, createHarness, requestId } from "./fixtures/harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness[Symbol.asyncDispose]());

const takeTasks = () => harness.tasks.splice(0);

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
