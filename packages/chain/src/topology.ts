import { backfillAttribute, fetchStep, type Priority, type StepSpec, wantAttribute } from "@segue/contracts";
import type { Chain } from "./chain.ts";
import { type BucketRole, bucketRoles, type Names, newsTopic, tasksTopic } from "./names.ts";

/** Topics that are not an artifact kind's. */
export const outcomesTopic = "outcomes";
export const tracksTopic = "tracks";
export const deadLetterTopic = "dead-letter";
export const catalogConsumer = "catalog";
/** The service that fetches the sources that requests name. It is there whatever the chain's steps are. */
export const fetchService = fetchStep;

export interface SubscriptionSpec {
  readonly name: string;
  readonly topic: string;
  /** Empty for everything. */
  readonly filter: string;
  readonly ackDeadlineSec: number;
  readonly retry: { readonly minBackoffSec: number; readonly maxBackoffSec: number };
  /** Null on the dead-letter subscription itself. */
  readonly deadLetter: { readonly topic: string; readonly maxDeliveryAttempts: number } | null;
  readonly retentionSec: number;
}

export interface BucketSpec {
  readonly name: string;
  readonly role: BucketRole;
  /** Whole days after which objects are deleted; null: kept. A backstop: intermediates are meant to go sooner. */
  readonly deleteAfterDays: number | null;
  /** How long deleted objects are kept, at full price; null: whatever the bucket's owner has chosen. */
  readonly softDeleteRetentionSec: number | null;
}

/** All topics, subscriptions and buckets that a chain needs. Launcher, chart, infra and verification derive from it. */
export interface Topology {
  readonly topics: readonly string[];
  readonly subscriptions: readonly SubscriptionSpec[];
  readonly buckets: readonly BucketSpec[];
}

/** A step hears of each of its triggers, and a service of its tasks, through a subscription per priority. */
export const priorities = ["live", "backfill"] as const satisfies readonly Priority[];

/** Days that intermediates live. Lifecycle counts whole days and lags. */
export const scratchDays = 1;

/**
 * Days after which it is given up that somebody takes up what a client has sent: a session lives for one week, and what was promised waits for a service `fetch`
 * that is down as long as the queue's longest retention.
 */
export const uploadDays = 31;

/** Soft delete would keep what was dropped for a week. */
const expireAfter = (days: number) => ({ deleteAfterDays: days, softDeleteRetentionSec: 0 });
const kept = { deleteAfterDays: null, softDeleteRetentionSec: null };

const lifeOf: Readonly<Record<BucketRole, ReturnType<typeof expireAfter> | typeof kept>> = {
  masters: kept,
  scratch: expireAfter(scratchDays),
  assets: kept,
  records: kept,
  uploads: expireAfter(uploadDays),
};

export function deriveTopology(chain: Chain<StepSpec>, names: Names): Topology {
  // Some 15 minutes of redelivery. Nacks and preemptions burn attempts too, so failures are found by the runner's own
  // count, and what the queue gives up on by this one is sent again by the catalog.
  const deadLetter = { topic: names.topic(deadLetterTopic), maxDeliveryAttempts: 20 };
  const base = {
    ackDeadlineSec: 10,
    retry: { minBackoffSec: 1, maxBackoffSec: 60 },
    retentionSec: 7 * 86_400,
  };
  const filterOf = (priority: Priority) =>
    `${priority === "live" ? "NOT " : ""}attributes:"${backfillAttribute}"`;
  const forSteps = chain.steps.flatMap((step) =>
    chain.triggersOf(step).flatMap((kind) =>
      priorities.map((priority) => ({
        ...base,
        name: names.subscription(kind.name, step.name, priority),
        topic: names.topic(kind.name),
        filter: `attributes:"${wantAttribute(step.name)}" AND ${filterOf(priority)}`,
        deadLetter,
      })),
    ),
  );
  const services = [...new Set([fetchService, ...chain.steps.map(({ name }) => chain.serviceOf(name))])];
  const forServices = services.flatMap((service) =>
    priorities.map((priority) => ({
      ...base,
      name: names.taskSubscription(service, priority),
      topic: names.topic(tasksTopic(service)),
      filter: filterOf(priority),
      deadLetter,
    })),
  );
  const forCatalog = [outcomesTopic, tracksTopic, deadLetterTopic].map((topic) => ({
    ...base,
    name: names.subscription(topic, catalogConsumer),
    topic: names.topic(topic),
    filter: "",
    deadLetter: topic === deadLetterTopic ? null : deadLetter,
  }));
  return {
    topics: [
      ...chain.kinds.map((kind) => kind.name),
      ...services.map(tasksTopic),
      outcomesTopic,
      tracksTopic,
      deadLetterTopic,
      newsTopic,
    ].map(names.topic),
    subscriptions: [...forSteps, ...forServices, ...forCatalog],
    buckets: bucketRoles.map((role) => ({
      name: names.bucket(role),
      role,
      ...lifeOf[role],
    })),
  };
}
