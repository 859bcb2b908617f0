import { z } from "zod";
import { accelerators } from "./step-spec.ts";

/** Raised when a reader of the one before would take something in it for what it is not; new fields do not raise it. */
export const fleetSpecVersion = 1;

const count = z.int().nonnegative();

const Variable = z.object({
  name: z.string(),
  description: z.string(),
  form: z.string().describe("what is expected of it, in words"),
  value: z
    .string()
    .nullable()
    .describe("what this fleet's processes have to be told; null: the default, or whoever deploys knows"),
  default: z.string().nullable().describe("what holds when it is not set; null: nothing does"),
  required: z.boolean().describe("a process does not start without it"),
  secret: z.boolean().describe("nobody else's business: from a secret, not from a file of values"),
});

const Port = z.object({
  name: z.string(),
  port: z.int().positive(),
  speaks: z.literal("http"),
  variable: z.string().describe("the variable that has it"),
});

const HostedStep = z.object({
  name: z.string(),
  version: z.int().positive(),
  service: z
    .string()
    .describe("as the fleet lists it, whatever the placement: its tasks go to that one's topic"),
  consumes: z.array(z.string()).describe("kinds that it may read"),
  produces: z.array(z.string()).describe("kinds that it may write"),
  budget: z.object({ timeMs: z.number().positive(), memoryMiB: z.number().positive() }),
  accelerator: z.enum(accelerators).nullable(),
  attempt: z
    .object({
      cpuSec: z.number().nullable().describe("for a track of four minutes; null: not measured"),
      memoryMiB: z.number(),
      scratchMiB: z.number().nullable(),
    })
    .describe("what one attempt takes"),
});

const Scaling = z.object({
  minReplicas: count,
  maxReplicas: z.int().positive().nullable().describe("null: as many as the work needs"),
  by: z.discriminatedUnion("measure", [
    z.object({
      measure: z.literal("backlog"),
      waitSec: z.number().positive().describe("how long a message may wait"),
      subscriptions: z.array(z.string()).describe("whose backlog counts"),
    }),
    z.object({ measure: z.literal("cpu"), utilization: z.number().positive().max(1) }),
  ]),
});

export const objectVerbs = ["get", "list", "create", "update", "delete"] as const;

const Grants = z.object({
  publish: z.array(z.string()).describe("topics: pubsub.topics.publish"),
  consume: z.array(z.string()).describe("subscriptions: pubsub.subscriptions.consume"),
  listen: z
    .array(z.string())
    .describe(
      "topics on which each process makes a subscription of its own, `<topic>.<service>-<uuid>`, and deletes it: " +
        "pubsub.topics.attachSubscription on the topic; pubsub.subscriptions.create, consume and delete in `newsProject`",
    ),
  objects: z.array(
    z.object({
      bucket: z.string(),
      verbs: z
        .array(z.enum(objectVerbs))
        .describe(
          "storage.objects.<verb>; what may be written over needs `create` and `delete`, and without `list` storage says of what is not there that it is forbidden",
        ),
      kinds: z
        .array(z.string())
        .describe(
          "kinds whose payloads it reads or writes there; no grant can tell them apart, since objects are named by address",
        ),
    }),
  ),
  foreignBuckets: z
    .string()
    .nullable()
    .describe("the variable that names buckets of others, of which it gets objects"),
  database: z
    .enum(["read", "serve", "write"])
    .nullable()
    .describe(
      "the catalog's tables: `read` reads them; `serve` is the API, which writes what it keeps itself (keys, webhooks, the audit); `write` makes and owns them",
    ),
});

const Account = z.object({ name: z.string(), grants: Grants });

const Service = z.object({
  name: z.string(),
  runs: z.enum(["steps", "server"]),
  steps: z.array(HostedStep).describe("in the order of the chain; empty for a server"),
  command: z.array(z.string()).describe("arguments for `segue`"),
  nodeFlags: z.array(z.string()).describe("options for Node: see ADR 0003"),
  concurrency: z.int().positive().nullable().describe("attempts at once, per step; null for a server"),
  resources: z.object({
    cores: z.number().positive().describe("CPUs that it can use at once"),
    memoryMiB: z
      .number()
      .positive()
      .nullable()
      .describe("a process, its steps' attempts at once, and one more in quarantine; null: not known"),
    scratchMiB: z.number().nullable().describe("disk, at most; null: not known"),
    accelerator: z.enum(accelerators).nullable(),
  }),
  scaling: Scaling,
  env: z.array(Variable),
  ports: z.array(Port),
  probes: z.object({
    port: z.string().describe("name of the port"),
    liveness: z.string(),
    readiness: z.string(),
    metrics: z.string(),
  }),
  shutdown: z.object({
    drainSec: z.number().positive().describe("from SIGTERM to exit"),
    graceSec: z
      .int()
      .positive()
      .describe("from SIGTERM to SIGKILL; preemptible nodes leave ordinary pods 15 s"),
  }),
  grants: Grants,
});

const Topic = z.object({
  name: z.string(),
  carries: z.enum(["facts", "tasks", "outcomes", "tracks", "dead-letters", "news"]),
  of: z.string().nullable().describe("the kind of facts, or the service of tasks"),
});

const Subscription = z.object({
  name: z.string(),
  topic: z.string(),
  filter: z.string().describe("empty for everything; it can't be changed later"),
  ackDeadlineSec: z.number().positive(),
  retry: z.object({ minBackoffSec: z.number(), maxBackoffSec: z.number() }),
  deadLetter: z.object({ topic: z.string(), maxDeliveryAttempts: z.int() }).nullable(),
  retentionSec: z.number().positive(),
  neverExpires: z.literal(true).describe("idle ones would go after 31 days"),
});

const Bucket = z.object({
  name: z.string(),
  role: z.enum(["masters", "scratch", "assets", "records", "uploads"]),
  deleteAfterDays: z.int().positive().nullable().describe("a lifecycle rule; null: kept"),
  softDeleteRetentionSec: z.number().nullable().describe("null: as the bucket's owner has chosen"),
  storageClass: z
    .literal("STANDARD")
    .describe("what is there is read soon, or small; another one's least time and reads cost more"),
  location: z
    .literal("with-workers")
    .describe("in the region of the workers: traffic within it is free, and near"),
});

/** Everything that a fleet is made of, in one placement: what charts, infrastructure, docs and dashboards are made from. */
export const FleetSpec = z
  .object({
    v: z.literal(fleetSpecVersion),
    project: z.string(),
    prefix: z.string(),
    newsProject: z
      .string()
      .describe(
        "where servers make subscriptions for themselves; the fleet's own project, if no other is named",
      ),
    placement: z.string(),
    placements: z.array(z.string()).describe("all that the fleet has"),
    services: z.array(Service),
    accounts: z
      .array(Account)
      .optional()
      .describe(
        "services of all placements, each with what it may do in any of them: accounts are made of these, so that those of one placement " +
          "go on while another takes over; absent: `services`",
      ),
    topics: z.array(Topic),
    subscriptions: z.array(Subscription),
    buckets: z.array(Bucket),
    queueAgent: z
      .object({ publish: z.array(z.string()), consume: z.array(z.string()) })
      .describe("what Pub/Sub's own service agent needs for dead-lettering: topics and subscriptions"),
  })
  .describe("Everything that a fleet of Segue is made of, in one placement");
export type FleetSpec = z.infer<typeof FleetSpec>;
export type ServiceSpec = FleetSpec["services"][number];
export type AccountSpec = z.infer<typeof Account>;
