// Several outputs of one run, where a run is more than one attempt or was planned elsewhere.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, createHarness, requestId, taskOf } from "./fixtures/harness.ts";
import outputsFleet, { alternate, halve, outputsFleetUrl, split, unite } from "./fixtures/outputs-fleet.ts";

const { chain } = outputsFleet;
let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness({ fleet: outputsFleet, fleetUrl: outputsFleetUrl });
});
afterAll(() => harness[Symbol.asyncDispose]());

const addressOf = (master: string, kind: string) => chain.addressesFor(master).get(kind) ?? "";

async function textOf(master: string, kind: string): Promise<string> {
  const record = await harness.artifacts.readRecord(chain.storedKind(kind), addressOf(master, kind));
  if (record?.outcome.status !== "succeeded" || !record.outcome.payload)
    throw new Error(`expected a payload of ${kind}`);
  return (await harness.store.readObject(record.outcome.payload)).toString();
}

test("long input: payloads are made up of files from checkpoint to checkpoint, and of pieces", async () => {
  const text = "abcdefgh";
  const first = await harness.accept(text, ["alternate", "halve"]);
  const { master } = first.request;
  let now = 0;
  // Each attempt is over its time as soon as it has begun.
  const hurried = {
    now() {
      now += 60_000;
      return new Date(Date.now() + now);
    },
  };
  const endings = await harness.deliverAll(first, hurried);
  expect(endings.alternate?.filter((ending) => ending === "handed-on").length).toBeGreaterThan(2);
  expect(endings.alternate?.at(-1)).toBe("computed");
  expect(endings.halve?.at(-1)).toBe("computed");
  const texts = await Promise.all(["odd", "even", "left", "right"].map((kind) => textOf(master, kind)));
  expect(texts).toEqual(["bdfh", "aceg", "abcd", "efgh"]);
  expect([alternate, halve].map(({ name }) => name)).toEqual(Object.keys(endings).sort());
});

test("a plan that was made by another release is put right for all of them before anybody hears", async () => {
  const first = await harness.accept("elsewhere", ["split", "unite", "shout"]);
  const old = Object.fromEntries(Object.keys(first.request.addresses).map((kind) => [kind, "e".repeat(64)]));
  await harness.deliver(split, ask(first, { requestId: requestId(3), addresses: old }));
  const { master } = first.request;
  for (const { request } of harness.ready)
    for (const kind of ["split", "vowels", "rest", "tally"])
      expect(request.addresses[kind]).toBe(addressOf(master, kind));
  const planned = { ...first.request, requestId: requestId(3), addresses: old };
  // Its own fact may come with the old plan: it looks where the request's amendments say.
  expect((await harness.deliver(unite, taskOf("Run", "unite", planned))).ending).toBe("computed");
});
