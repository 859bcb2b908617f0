import { status } from "@grpc/grpc-js";
import type { Door } from "../doors/door.ts";
import { StatusError } from "./status-error.ts";
import { LENGTH_DELIMITED, WireReader } from "./wire-reader.ts";

/** A permission, and where in the request the name of what it is on stands: the numbers of the fields that lead to it. */
type Need = readonly [permission: string, ...path: number[]];

/**
 * What each method takes. Source: Pub/Sub's documentation, "Access control with IAM", its table of required permissions. Where that says "on the
 * containing project", it is asked here of the name that is to be made, so that a grant can be narrower than the cloud's.
 */
export const methodNeeds: Readonly<Record<string, readonly Need[]>> = {
  CreateTopic: [["pubsub.topics.create", 1]],
  GetTopic: [["pubsub.topics.get", 1]],
  UpdateTopic: [["pubsub.topics.update", 1, 1]],
  DeleteTopic: [["pubsub.topics.delete", 1]],
  ListTopics: [["pubsub.topics.list", 1]],
  ListTopicSubscriptions: [["pubsub.topics.get", 1]],
  ListTopicSnapshots: [["pubsub.topics.get", 1]],
  // The documentation asks for it on the topic, which the request does not name: asked of the subscription, it is not given by accident.
  DetachSubscription: [["pubsub.topics.detachSubscription", 1]],
  Publish: [["pubsub.topics.publish", 1]],
  CreateSubscription: [
    ["pubsub.subscriptions.create", 1],
    ["pubsub.topics.attachSubscription", 2],
  ],
  GetSubscription: [["pubsub.subscriptions.get", 1]],
  UpdateSubscription: [["pubsub.subscriptions.update", 1, 1]],
  DeleteSubscription: [["pubsub.subscriptions.delete", 1]],
  ListSubscriptions: [["pubsub.subscriptions.list", 1]],
  ModifyPushConfig: [["pubsub.subscriptions.update", 1]],
  Acknowledge: [["pubsub.subscriptions.consume", 1]],
  ModifyAckDeadline: [["pubsub.subscriptions.consume", 1]],
  Pull: [["pubsub.subscriptions.consume", 1]],
  StreamingPull: [["pubsub.subscriptions.consume", 1]],
  Seek: [
    ["pubsub.subscriptions.consume", 1],
    ["pubsub.snapshots.seek", 3],
  ],
  CreateSnapshot: [
    ["pubsub.snapshots.create", 1],
    ["pubsub.subscriptions.consume", 2],
  ],
  GetSnapshot: [["pubsub.snapshots.get", 1]],
  UpdateSnapshot: [["pubsub.snapshots.update", 1, 1]],
  DeleteSnapshot: [["pubsub.snapshots.delete", 1]],
  ListSnapshots: [["pubsub.snapshots.list", 1]],
};

/** @throws {StatusError} PERMISSION_DENIED unless an encoded request may come through a door; the ordinary port has none. */
export function checkPermissions(door: Door | undefined, method: string, request: Buffer): void {
  if (!door) return;
  const isGranted = methodNeeds[method]?.every(([permission, ...path]) => {
    const name = readName(request, path);
    // A seek to a time names no snapshot; anything else that is asked of nothing is granted to nobody.
    return (name === "" && permission === "pubsub.snapshots.seek") || door.may(permission, name);
  });
  if (!isGranted)
    throw new StatusError(status.PERMISSION_DENIED, "User not authorized to perform this action.");
}

/** The text at the end of a path of fields: of several of a number the last one, as whoever handles the request reads it. */
function readName(message: Buffer, [field, ...deeper]: readonly number[]): string {
  const reader = new WireReader(message);
  let found = "";
  while (reader.next()) {
    if (reader.field !== field || reader.wireType !== LENGTH_DELIMITED) {
      reader.skip();
      continue;
    }
    const end = reader.lengthEnd();
    const value = message.subarray(reader.position, end);
    found = deeper.length === 0 ? value.toString() : readName(value, deeper);
    reader.position = end;
  }
  return found;
}
