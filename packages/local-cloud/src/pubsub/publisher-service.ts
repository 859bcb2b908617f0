import { status } from "@grpc/grpc-js";
import { z } from "zod";
import type { Broker } from "./broker.ts";
import { applyMask } from "./field-mask.ts";
import { pageOf } from "./page.ts";
import type { Plain } from "./protos.ts";
import { parsePublishRequest } from "./publish-request.ts";
import { checkProjectName, checkTopicName, projectOf } from "./resource-name.ts";
import { checkTopic, Topic } from "./resources.ts";
import { liveSnapshots } from "./snapshot-methods.ts";
import { alreadyExists, invalidArgument, StatusError } from "./status-error.ts";
import type { TopicEntity } from "./topic-entity.ts";
import { encodePublishResponse } from "./wire-writer.ts";

const TopicRequest = z.object({ topic: z.string().default("") });
const ProjectRequest = z.object({ project: z.string().default("") });
const UpdateRequest = z.object({ topic: Topic, updateMask: z.unknown() });
const DetachRequest = z.object({ subscription: z.string().default("") });

function visible(topic: TopicEntity): Plain {
  return { ...topic.config, state: "ACTIVE" };
}

const changeable = [
  "labels",
  "messageRetentionDuration",
  "messageStoragePolicy",
  "kmsKeyName",
  "schemaSettings",
] as const;

/** The unary methods of `google.pubsub.v1.Publisher` except Publish, as functions of decoded requests. */
export function publisherMethods(broker: Broker): Record<string, (request: Plain) => Plain> {
  const find = (request: Plain) => {
    const { topic } = TopicRequest.parse(request);
    checkTopicName(topic);
    return broker.topic(topic);
  };
  return {
    CreateTopic(request) {
      const config = checkTopic(Topic.parse(request));
      if (broker.topics.has(config.name)) throw alreadyExists(config.name);
      return visible(broker.addTopic(config));
    },
    GetTopic: (request) => visible(find(request)),
    UpdateTopic(request) {
      const { topic: update, updateMask } = UpdateRequest.parse(request);
      const topic = broker.topic(update.name);
      const merged = applyMask(topic.config, update, updateMask, changeable);
      broker.saveTopic(topic, checkTopic(Topic.parse(merged)));
      return visible(topic);
    },
    ListTopics(request) {
      const { project } = ProjectRequest.parse(request);
      checkProjectName(project);
      const own = [...broker.topics.values()].filter(
        ({ config }) => projectOf(config.name) === idOfProject(project),
      );
      const { page, nextPageToken } = pageOf(own, ({ config }) => config.name, request);
      return { topics: page.map(visible), nextPageToken };
    },
    ListTopicSubscriptions(request) {
      const names = [...find(request).subscriptions]
        .filter(({ config }) => !config.snapshot)
        .map(({ config }) => config.name);
      const { page, nextPageToken } = pageOf(names, (name) => name, request);
      return { subscriptions: page, nextPageToken };
    },
    ListTopicSnapshots(request) {
      const topic = find(request);
      const names = liveSnapshots(broker)
        .filter((snapshot) => snapshot.topic === topic)
        .map(({ config }) => config.name);
      const { page, nextPageToken } = pageOf(names, (name) => name, request);
      return { snapshots: page, nextPageToken };
    },
    DeleteTopic(request) {
      broker.retireTopic(find(request));
      return {};
    },
    DetachSubscription(request) {
      const subscription = broker.subscription(DetachRequest.parse(request).subscription);
      broker.saveSubscription(subscription, { ...subscription.config, detached: true });
      const reason = `${subscription.config.name}: the subscription has been detached`;
      broker.emptySubscription(subscription, new StatusError(status.FAILED_PRECONDITION, reason));
      return {};
    },
  };
}

function idOfProject(project: string): string {
  return project.slice("projects/".length);
}

/** Publish: bytes in, bytes out, answered after the commit. */
export function publish(
  broker: Broker,
  request: Buffer,
  done: (failure: StatusError | undefined, response: Buffer) => void,
): void {
  const parsed = parsePublishRequest(request);
  if (parsed.topic === "") throw invalidArgument("topic", "a topic name", parsed.topic);
  broker.publish(parsed, (failure, firstId) =>
    done(failure, failure ? Buffer.alloc(0) : encodePublishResponse(firstId, parsed.messages.length)),
  );
}
