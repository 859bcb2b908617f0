import type { BucketSpec, SubscriptionSpec, Topology } from "@segue/chain";
import type { BucketState } from "@segue/store";
import type { SubscriptionState } from "./subscription-state.ts";

/** Something that a project lacks, has otherwise than the chain needs, or does not tell. */
export interface Finding {
  readonly resource: string;
  readonly problem: "missing" | "differs" | "unknown";
  /** What was expected and what is there. */
  readonly detail: string;
  /** What is to be done where `--create` does not do it; null where it does. */
  readonly remedy: string | null;
}

/** What a project has of a topology. */
export interface CloudState {
  /** Full names. */
  readonly topics: ReadonlySet<string>;
  /** By the spec's name; undefined where there is none. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionState | undefined>;
  readonly buckets: ReadonlyMap<string, BucketState | undefined>;
  fullTopicName(topic: string): string;
}

/** What is missing and what differs: topics, subscriptions, buckets, in this order. */
export function compareTopology(topology: Topology, cloud: CloudState): Finding[] {
  return [
    ...topology.topics
      .filter((topic) => !cloud.topics.has(cloud.fullTopicName(topic)))
      .map((topic) => missing(`topic ${topic}`)),
    ...topology.subscriptions.flatMap((spec) => compareSubscription(spec, cloud)),
    ...topology.buckets.flatMap((spec) => compareBucket(spec, cloud.buckets.get(spec.name))),
  ];
}

function missing(resource: string): Finding {
  return { resource, problem: "missing", detail: "it is not there", remedy: null };
}

function compareSubscription(spec: SubscriptionSpec, cloud: CloudState): Finding[] {
  const resource = `subscription ${spec.name}`;
  const there = cloud.subscriptions.get(spec.name);
  if (!there) return [missing(resource)];
  const again = "it can't be changed: delete the subscription when it is empty, then run with --create";
  const dead = spec.deadLetter && cloud.fullTopicName(spec.deadLetter.topic);
  const { ackDeadlineSec, retry, deadLetter, retentionSec } = spec;
  const change = "run with --change-subscriptions";
  const pairs: [what: string, expected: unknown, got: unknown, remedy: string][] = [
    ["topic", cloud.fullTopicName(spec.topic), there.topic, again],
    ["filter", spec.filter, there.filter, again],
    ["ack deadline in s", ackDeadlineSec, there.ackDeadlineSec, change],
    ["shortest backoff in s", retry.minBackoffSec, there.minBackoffSec, change],
    ["longest backoff in s", retry.maxBackoffSec, there.maxBackoffSec, change],
    ["dead-letter topic", dead, there.deadLetterTopic, change],
    ["delivery attempts", deadLetter?.maxDeliveryAttempts ?? null, there.maxDeliveryAttempts, change],
    ["retention in s", retentionSec, there.retentionSec, change],
    ["deleted when idle for s", null, there.expiresAfterSec, change],
  ];
  return pairs.flatMap(([what, expected, got, remedy]) =>
    expected === got ? [] : [differs(resource, what, expected, got, remedy)],
  );
}

const leftAlone =
  "what it holds is to be kept: look at its lifecycle rules yourself; they are never changed from here";

function compareBucket(spec: BucketSpec, there: BucketState | undefined): Finding[] {
  const resource = `bucket ${spec.name}`;
  if (!there) return [missing(resource)];
  const { deleteAfterDays, softDeleteRetentionSec } = spec;
  const remedy = deleteAfterDays === null ? leftAlone : "run with --change-buckets";
  const days = "deletes objects after days";
  const findings =
    deleteAfterDays === there.deleteAfterDays
      ? []
      : [differs(resource, days, deleteAfterDays, there.deleteAfterDays, remedy)];
  if (softDeleteRetentionSec === null || softDeleteRetentionSec === there.softDeleteRetentionSec)
    return findings;
  const kept = "keeps deleted objects for s";
  return [...findings, differs(resource, kept, softDeleteRetentionSec, there.softDeleteRetentionSec, remedy)];
}

function differs(
  resource: string,
  what: string,
  expected: unknown,
  got: unknown,
  remedy: string | null,
): Finding {
  const words = (value: unknown) => (value === null || value === undefined ? "none" : String(value));
  return {
    resource,
    problem: "differs",
    detail: `${what}: expected ${words(expected)}, got ${words(got)}`,
    remedy,
  };
}
