import type { BucketSpec, SubscriptionSpec, Topology } from "@segue/chain";
import type { BucketState } from "@segue/store";
import type { SubscriptionState } from "./subscription-state.ts";

/** Something that a project lacks, has otherwise than the chain needs, or does not tell. */
export interface Finding {
  readonly resource: string;
  readonly problem: "missing" | "differs" | "unknown";
  /** What was expected and what is there. */
  readonly detail: string;
  /** What `--create` can't do; null where it can. */
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
  const pairs: [what: string, expected: unknown, got: unknown, remedy: string | null][] = [
    ["topic", cloud.fullTopicName(spec.topic), there.topic, again],
    ["filter", spec.filter, there.filter, again],
    ["ack deadline in s", ackDeadlineSec, there.ackDeadlineSec, null],
    ["shortest backoff in s", retry.minBackoffSec, there.minBackoffSec, null],
    ["longest backoff in s", retry.maxBackoffSec, there.maxBackoffSec, null],
    ["dead-letter topic", dead, there.deadLetterTopic, null],
    ["delivery attempts", deadLetter?.maxDeliveryAttempts ?? null, there.maxDeliveryAttempts, null],
    ["retention in s", retentionSec, there.retentionSec, null],
    ["deleted when idle for s", null, there.expiresAfterSec, null],
  ];
  return pairs.flatMap(([what, expected, got, remedy]) =>
    expected === got ? [] : [differs(resource, what, expected, got, remedy)],
  );
}

function compareBucket(spec: BucketSpec, there: BucketState | undefined): Finding[] {
  const resource = `bucket ${spec.name}`;
  if (!there) return [missing(resource)];
  const pairs: [what: string, expected: unknown, got: unknown][] = [
    ["deletes objects after days", spec.deleteAfterDays, there.deleteAfterDays],
    ["keeps deleted objects for s", 0, there.softDeleteRetentionSec],
  ];
  return pairs.flatMap(([what, expected, got]) =>
    expected === got ? [] : [differs(resource, what, expected, got, null)],
  );
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
