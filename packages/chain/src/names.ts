import type { Priority } from "@segue/contracts";

/** What the names of all that a deployment owns are made of. */
export interface Naming {
  readonly projectId: string;
  /** Two fleets in one project have two. */
  readonly prefix: string;
  /** Leads the names of buckets; for project and prefix when undefined. */
  readonly bucketPrefix?: string | undefined;
  /** Of the subscriptions that servers make for themselves; `projectId` when undefined. */
  readonly newsProjectId?: string | undefined;
}

/** Names of everything that a deployment owns, so that several can share a project. */
export interface Names {
  topic(kind: string): string;
  /** The subscription through which a consumer (a step or the catalog) hears of a topic. */
  subscription(kind: string, consumer: string, priority?: Priority): string;
  /** The subscription through which a service hears of its tasks. */
  taskSubscription(service: string, priority: Priority): string;
  /** The full name of a subscription by which one process of a server hears the news: those are in a project of their own, if it has one. */
  newsSubscription(process: string): string;
  bucket(role: BucketRole): string;
  /** What led the names of buckets in releases that left the project out of them; null where that makes no difference. */
  readonly earlierBuckets: string | null;
}

/** Masters and assets are kept; scratch expires; records are small and outlive payloads; uploads are what clients send by themselves, until it is fetched. */
export const bucketRoles = ["masters", "scratch", "assets", "records", "uploads"] as const;
export type BucketRole = (typeof bucketRoles)[number];

/** The fleet on one machine, and whatever is not told otherwise. */
export const localNaming = { projectId: "segue-local", prefix: "segue" } as const satisfies Naming;

/** Cloud Storage takes names of 63 characters. */
export const maxBucketPrefixLength = 63 - Math.max(...bucketRoles.map((role) => `-${role}`.length));

/** The topic of what every process of a server is to hear: each has a subscription of its own, which it makes and which goes when it does. */
export const newsTopic = "news";

/** The topic of a service's tasks. No kind's name has a dot. */
export const tasksTopic = (service: string) => `tasks.${service}`;

/** Topics and subscriptions are a project's own; the name of a bucket is taken for the whole world. */
export function bucketPrefixOf({ projectId, prefix, bucketPrefix }: Naming): string {
  // Of a domain's own projects ids have a colon and dots.
  return bucketPrefix ?? `${projectId.replaceAll(/[^a-z0-9-]/g, "-")}-${prefix}`;
}

export function newsProjectOf({ projectId, newsProjectId }: Naming): string {
  return newsProjectId ?? projectId;
}

export function createNames(naming: Naming): Names {
  const { prefix } = naming;
  const buckets = bucketPrefixOf(naming);
  return {
    topic: (kind) => `${prefix}.${kind}`,
    subscription: (kind, consumer, priority = "live") =>
      `${prefix}.${kind}.${consumer}${priority === "live" ? "" : `.${priority}`}`,
    taskSubscription: (service, priority) => `${prefix}.${tasksTopic(service)}.${priority}`,
    newsSubscription: (process) =>
      `projects/${newsProjectOf(naming)}/subscriptions/${prefix}.${newsTopic}.${process}`,
    bucket: (role) => bucketName(buckets, role),
    earlierBuckets: buckets === prefix ? null : prefix,
  };
}

export function bucketName(bucketPrefix: string, role: BucketRole): string {
  return `${bucketPrefix}-${role}`;
}
