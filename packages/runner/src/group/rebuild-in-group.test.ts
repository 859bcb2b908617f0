// What is only handed on, and is needed again later, is made again once for all that live together, and nobody waits for it.
import type { ArtifactReady, Task } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ask, createHarness, requestId, type TogetherOptions, taskOf } from "../fixtures/harness.ts";
import fleet, { align, capitalise, clauses, words } from "../fixtures/two-levels-fleet.ts";

const fleetUrl = new URL("../fixtures/two-levels-fleet.ts", import.meta.url).href;

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness({ fleet, fleetUrl });
});
afterAll(() => harness[Symbol.asyncDispose]());
const scratch = () => harness.names.bucket("scratch");
beforeEach(async () => {
  for (const name of await stored()) await harness.store.deleteObject({ bucket: scratch(), name });
});

async function stored(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of harness.store.walkObjects({ bucket: scratch(), prefix: "" })) names.push(name);
  return names.sort();
}

/** Delivers a message to the group; returns which steps were computed, and the topics of all that was sent but outcomes. */
async function deliver(message: ArtifactReady | Task, options: TogetherOptions = {}) {
  harness.outcomes.length = 0;
  harness.sent.length = 0;
  const house = [capitalise, align, words, clauses];
  const { settled } = await harness.deliverTogether(message, { house, ...options });
  const computed = harness.outcomes.flatMap(({ how, step }) => (how === "computed" ? [step] : []));
  const topics = harness.sent.flatMap(({ topic }) => (topic === "outcomes" ? [] : [topic]));
  return { computed: computed.sort(), topics, settled };
}

const all = ["align", "capitalise", "clauses", "words"];

test("two branches that need it again at one moment have it made once, and go on at once", async () => {
  const fact = await harness.accept("handed on, and on", all);
  const done = { computed: all, topics: [], settled: "ack" };
  expect(await deliver(fact)).toEqual(done);
  expect(await stored()).toEqual([]);
  const forced = ask(fact, { requestId: requestId(1), force: ["words", "clauses"] });
  expect(await deliver(forced)).toEqual(done);
  // Nor does anybody else wait for what is not stored.
  expect(await stored()).toEqual([]);
});

test("what is made again for somebody outside is stored, and not what it is made of", async () => {
  const fact = await harness.accept("for others", all);
  await deliver(fact);
  const { request } = await harness.accept("for others", ["align", "capitalise", "letters"]);
  const rebuild = taskOf("Rebuild", "align", request, { waiting: ["letters"], hops: 1 });
  expect(await deliver(rebuild)).toEqual({
    computed: ["align", "capitalise"],
    topics: ["tasks.outside"],
    settled: "ack",
  });
  const line = fleet.chain.addressesFor(request.master).get("line");
  expect(await stored()).toEqual([`${line}.rebuild.json`, `${line}.txt`]);
});

test.each([
  { where: "in objects of their own", keepsLedger: false, deliveryAttempt: 2 },
  { where: "in a ledger", keepsLedger: true, deliveryAttempt: 2 },
  { where: "in a ledger, when it comes often", keepsLedger: true, deliveryAttempt: 3 },
])(
  "what a worker has made again, with records $where, and told nobody of before it died is told by whoever comes next",
  async ({ where, keepsLedger, deliveryAttempt }) => {
    const fact = await harness.accept(`again, ${where} ${deliveryAttempt}`, all);
    await deliver(fact, { keepsLedger });
    const run = ask(taskOf("Run", "words", fact.request), { requestId: requestId(2), force: ["words"] });
    const lost: string[] = [];
    await deliver(run, { keepsLedger, send: async (topic) => void lost.push(topic) });
    expect(lost).toContain("outcomes");
    await deliver(run, { keepsLedger, deliveryAttempt });
    const ledger = harness.ledgers.of(fact.request.master);
    for (const [kind, step] of Object.entries({ line: "align", capitals: "capitalise" })) {
      const address = harness.chain.addressesFor(fact.request.master).get(kind) ?? "";
      const record = (await harness.artifacts.readOwnRecord(address)) ?? (await ledger.find(address))?.record;
      expect(record).toMatchObject({ requestId: requestId(2) });
      const told = harness.outcomes.filter((each) => each.step === step);
      expect(told).toMatchObject([
        { how: "computed", outcome: record?.outcome, madeAt: record?.attempt?.finishedAt },
      ]);
    }
  },
);
