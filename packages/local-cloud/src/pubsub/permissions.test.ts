import { expect, test } from "vitest";
import { Door } from "../doors/door.ts";
import { checkPermissions, methodNeeds } from "./permissions.ts";
import { encode, rawMethods } from "./protos.ts";

test("every method says what it takes", () => {
  const methods = ["Publisher", "Subscriber"].flatMap((service) =>
    Object.keys(rawMethods(`google.pubsub.v1.${service}`)),
  );
  expect(Object.keys(methodNeeds).sort()).toEqual(methods.sort());
});

const topic = "projects/p/topics/mine";
const door = new Door({
  identity: "worker",
  grants: [
    { permission: "pubsub.topics.publish", resource: topic },
    { permission: "pubsub.topics.update", resource: topic },
    { permission: "pubsub.subscriptions.consume", resource: "projects/p/subscriptions/mine" },
  ],
});
const ask = (method: string, type: string, request: object) => () =>
  checkPermissions(door, method, encode(`google.pubsub.v1.${type}`, { ...request }));

test("a method that is not known is granted to nobody", () => {
  expect(ask("Rename", "PublishRequest", { topic })).toThrow("User not authorized");
});

test("the name that counts is the one that the handler reads: the last of several", () => {
  const named = (name: string) => encode("google.pubsub.v1.PublishRequest", { topic: name });
  const foreign = named("projects/p/topics/foreign");
  const ask = (...parts: Buffer[]) => checkPermissions(door, "Publish", Buffer.concat(parts));
  expect(() => ask(named(topic))).not.toThrow();
  expect(() => ask(foreign, named(topic))).not.toThrow();
  expect(() => ask(named(topic), foreign)).toThrow("User not authorized");
});

test("names inside what is handed over are found", () => {
  expect(ask("UpdateTopic", "UpdateTopicRequest", { topic: { name: topic } })).not.toThrow();
  expect(ask("UpdateTopic", "UpdateTopicRequest", { topic: { name: `${topic}s` } })).toThrow(
    "User not authorized",
  );
  expect(ask("UpdateTopic", "UpdateTopicRequest", {})).toThrow("User not authorized");
});

test("a seek takes a right on the snapshot only where there is one", () => {
  const subscription = "projects/p/subscriptions/mine";
  expect(ask("Seek", "SeekRequest", { subscription, time: { seconds: 1 } })).not.toThrow();
  expect(ask("Seek", "SeekRequest", { subscription, snapshot: "projects/p/snapshots/s" })).toThrow(
    "User not authorized",
  );
});
