import { catalogConsumer } from "@segue/chain";
import { isLetterObjectName } from "@segue/contracts";
import { createObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDeadLetterObjects, parseLetter } from "./dead-letter-objects.ts";
import { chain, names, outcome } from "./fixtures/chain.ts";
import { startTestStorage, type TestStorage } from "./fixtures/test-storage.ts";
import { keepDeadLetters } from "./keep-dead-letters.ts";
import type { Delivery } from "./projector.ts";
import { createFactReader } from "./read-facts.ts";

const bucket = names.bucket("records");
const { log } = createTelemetry({ service: "catalog", level: "silent" });
const reader = createFactReader(chain, names);
let storage: TestStorage;
beforeAll(async () => {
  storage = await startTestStorage(["records", "assets"]);
});
afterAll(() => storage[Symbol.asyncDispose]());

const passedOn: string[] = [];
const nacked: string[] = [];
beforeEach(() => {
  passedOn.length = 0;
  nacked.length = 0;
});
function keeper(apiEndpoint: string) {
  const objects = createObjectStore({ projectId: "test", apiEndpoint, requestTimeoutMs: 500 });
  const letters = createDeadLetterObjects(objects, names);
  return keepDeadLetters({
    letters,
    reader,
    projector: { take: ({ id }: Delivery) => void passedOn.push(id) },
    log,
  });
}
const deliver = (id: string, json: object, attributes: Record<string, string> = {}): Delivery => ({
  id,
  data: Buffer.from(JSON.stringify(json)),
  attributes,
  publishedAt: new Date(),
  topic: "dead-letter",
  subscription: names.subscription("dead-letter", catalogConsumer),
  ack() {},
  nack: () => void nacked.push(id),
});
const objects = async () => {
  const found: string[] = [];
  for await (const { name } of storage.store.walkObjects({ bucket, prefix: "" })) found.push(name);
  return found;
};

test("a dead letter is an object before it is passed on, and means the same when it is read from there", async () => {
  const letter = deliver("m1", { what: "nobody can read" });
  const take = keeper(storage.url);
  for (let times = 0; times < 2; times++) take(letter);
  await expect.poll(() => passedOn).toEqual(["m1", "m1"]);
  const found = await objects();
  expect(found).toHaveLength(1);
  const [name = ""] = found;
  expect(isLetterObjectName(name)).toBe(true);
  const kept = parseLetter(await storage.store.readJson({ bucket, name }), names);
  expect(kept && reader.read(kept)).toEqual(reader.read(letter));
});

test("while storage is away it goes back to the queue", async () => {
  keeper("http://127.0.0.1:1")(deliver("m2", { what: "nobody can read" }));
  await expect.poll(() => nacked, { timeout: 30_000 }).toEqual(["m2"]);
  expect(passedOn).toEqual([]);
});

test("what is no dead letter is passed on at once: facts, and the catalog's own that the queue gave up on", async () => {
  const take = keeper("http://127.0.0.1:1");
  take({ ...deliver("m3", outcome(1, "decode")), topic: "outcomes" });
  const own = names.subscription("outcomes", catalogConsumer);
  take(deliver("m4", outcome(1, "decode"), { CloudPubSubDeadLetterSourceSubscription: own }));
  expect(passedOn).toEqual(["m3", "m4"]);
});
