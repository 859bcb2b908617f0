import { catalogConsumer } from "@segue/chain";
import { expect, test } from "vitest";
import { accepted, at, chain, masterOf, masterReady, names, outcome, trackId } from "./fixtures/chain.ts";
import type { Incoming } from "./incoming.ts";
import { createFactReader } from "./read-facts.ts";

const reader = createFactReader(chain, names);
const incoming = (topic: string, json: unknown, attributes: Record<string, string> = {}): Incoming => ({
  id: "m1",
  data: Buffer.from(typeof json === "string" ? json : JSON.stringify(json)),
  attributes,
  publishedAt: new Date(at(60)),
  topic,
  subscription: names.subscription(topic, catalogConsumer),
});

test.each([
  ["no JSON", "tracks", "{"],
  ["another message", "tracks", outcome(1, "decode")],
  ["a field of another type", "outcomes", { ...outcome(1, "decode"), version: "1" }],
  ["nothing", "dead-letter", ""],
  ["a topic that is not the catalog's", "pcm", accepted(1)],
])("%s on %s becomes a dead letter with the reason and the message", (_what, topic, json) => {
  const facts = reader.read(incoming(topic, json));
  expect(facts.attempts).toEqual([]);
  expect(facts.deadLetters).toMatchObject([
    { error_code: "malformed-message", message_id: "m1", track_id: null },
  ]);
  const [letter] = facts.deadLetters;
  expect(letter?.error_message).toContain(`"${topic}"`);
  expect(Buffer.from(letter?.data.slice(2) ?? "", "hex")).toEqual(incoming(topic, json).data);
});

test("what is wrong with a message is told in words", () => {
  const [letter] = reader.read(incoming("outcomes", { ...outcome(1, "decode"), version: "1" })).deadLetters;
  expect(letter?.error_message).toMatch(/expected number, received string[\s\S]*version/);
  expect(letter?.error_message).not.toContain("{");
});

const gaveUp = (subscription: string) => ({
  CloudPubSubDeadLetterSourceSubscription: subscription,
  CloudPubSubDeadLetterSourceDeliveryCount: "20",
});

test("what Pub/Sub gave up on, and is not sent again, is the failure of the step that its subscription names", () => {
  const facts = reader.read(
    incoming("dead-letter", masterReady(3), gaveUp(names.subscription("master", "decode"))),
  );
  expect(facts.attempts).toMatchObject([
    {
      track_id: trackId(3),
      step: "decode",
      kind: "pcm",
      address: chain.addressesFor(masterOf(3)).get("pcm"),
      status: "failed",
      error_code: "retries-exhausted",
    },
  ]);
  expect(facts.deadLetters).toMatchObject([
    {
      track_id: trackId(3),
      step: "decode",
      subscription: "test.master.decode",
      error_code: "retries-exhausted",
    },
  ]);
});

test("of tasks that Pub/Sub gave up on each names its step; a ping has none to fail", () => {
  const { request } = masterReady(3);
  const read = (task: object) =>
    reader.read(incoming("dead-letter", task, gaveUp(names.taskSubscription("tempo", "backfill"))));
  const run = { v: 1, type: "Run", step: "tempo", request };
  expect(read(run)).toMatchObject({ attempts: [{ step: "tempo", status: "failed" }] });
  expect(read({ ...run, type: "Ping" })).toMatchObject({ attempts: [], deadLetters: [{ step: null }] });
});

test("the catalog's own messages, given up on while the database was away, count after all", () => {
  const subscription = names.subscription("outcomes", catalogConsumer);
  const message = outcome(1, "decode");
  expect(reader.read(incoming("dead-letter", message, gaveUp(subscription)))).toEqual(
    reader.read(incoming("outcomes", message)),
  );
});

test("what came from an unknown subscription is kept for people", () => {
  const facts = reader.read(incoming("dead-letter", "whatever", gaveUp("test.gone.gone")));
  expect(facts.deadLetters).toMatchObject([
    { subscription: "test.gone.gone", error_code: "retries-exhausted" },
  ]);
});
