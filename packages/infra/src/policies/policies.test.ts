import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { fullSettings, settings, specOf, withGpu } from "../fixtures/fleets.ts";
import { type FleetResource, topology } from "../topology.ts";
import { policies, violationsOf } from "./index.ts";

let spec: FleetSpec;
beforeAll(async () => {
  spec = withGpu(await specOf(), "tagging");
});

/** A resource as whoever breaks it sees it. */
interface Draft {
  readonly type: string;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is broken has no form.
  args: any;
  dependsOn: string[];
  protect: boolean;
}
type Break = (all: Draft[]) => Draft[] | undefined;

const one = (all: readonly Draft[], name: string): Draft => {
  const found = all.find((each) => each.name === name);
  if (!found) throw new Error(`expected ${name}`);
  return found;
};
/** Changes the arguments of one. */
const set =
  (name: string, change: (args: Draft["args"], all: Draft) => unknown): Break =>
  (all) => {
    const draft = one(all, name);
    change(draft.args, draft);
    return undefined;
  };
const without =
  (name: string): Break =>
  (all) =>
    all.filter((each) => each.name !== one(all, name).name);
const also =
  (name: string, like: string, change: (args: Draft["args"]) => unknown): Break =>
  (all) => {
    const more = { ...structuredClone(one(all, like)), name };
    change(more.args);
    return [...all, more];
  };

const scratch = "bucket/music-segue-scratch";
const masters = "bucket/music-segue-masters";
const outcomes = "subscription/segue.outcomes.catalog";
const tempoReads = "account/catalog/consume/segue.outcomes.catalog";
const listens = "account/catalog/listen";

const breakages: Readonly<Record<string, Readonly<Record<string, Break>>>> = {
  "no bucket is public": {
    "access that is inherited": set(masters, (args) => (args.publicAccessPrevention = "inherited")),
    "lists of each object": set(masters, (args) => (args.uniformBucketLevelAccess = false)),
  },
  "what is made again goes, what is kept stays": {
    "masters that are deleted": set(masters, (args) => (args.lifecycleRules = [{ condition: { age: 30 } }])),
    "scratch that stays": set(scratch, (args) => (args.lifecycleRules = undefined)),
    "scratch that is kept when it is deleted": set(scratch, (args) => (args.softDeletePolicy = undefined)),
    versions: set(scratch, (args) => (args.versioning.enabled = true)),
    "a bucket of nobody": also("bucket/more", scratch, (args) => (args.name = "more")),
  },
  "data stays in one region": {
    "a bucket of two": set(masters, (args) => (args.location = "EU")),
    "a topic of none": set("topic/segue.pcm", (args) => (args.messageStoragePolicy = undefined)),
    "backups elsewhere": set("database", (args) => (args.settings.backupConfiguration.location = "us")),
    "logs elsewhere": set("logs", (args) => (args.location = "global")),
  },
  "what is kept is not deleted by mistake": {
    masters: set(masters, (_, draft) => (draft.protect = false)),
    "all that is in it": set(masters, (args) => (args.forceDestroy = true)),
    messages: set(outcomes, (_, draft) => (draft.protect = false)),
    "the cluster": set("cluster", (args) => (args.deletionProtection = false)),
    "the instance": set("database", (args) => (args.settings.deletionProtectionEnabled = false)),
    backups: set(
      "database",
      (args) => (args.settings.backupConfiguration.pointInTimeRecoveryEnabled = false),
    ),
    tables: set("database/tables", (_, draft) => (draft.protect = false)),
    "where the API is": set("api-address", (_, draft) => (draft.protect = false)),
  },
  "every subscription has a dead letter, and Pub/Sub may use it": {
    none: set(outcomes, (args) => (args.deadLetterPolicy = undefined)),
    "one that nobody hears": without("subscription/segue.dead-letter.catalog"),
    "an agent that can't tell": without("queue-agent/publish/segue.dead-letter"),
    "an agent that can't take": without("queue-agent/consume/segue.outcomes.catalog"),
    "an agent with the wrong role": set(
      "queue-agent/consume/segue.outcomes.catalog",
      (args) => (args.role = "roles/pubsub.viewer"),
    ),
  },
  "subscriptions wait, and try again with pauses": {
    "one that expires": set(outcomes, (args) => (args.expirationPolicy = undefined)),
    "no pauses": set(outcomes, (args) => (args.retryPolicy = undefined)),
  },
  "nothing is granted to everybody": {
    objects: set("account/encode/objects-get-list/music-segue-masters", (args) => (args.member = "allUsers")),
    "who has any account": set(tempoReads, (args) => (args.member = "allAuthenticatedUsers")),
  },
  "nobody is granted anything but services, nodes and Pub/Sub itself": {
    "a person": also("more", tempoReads, (args) => (args.member = "user:me@example.com")),
    "another project's account": also(
      "more",
      "account/encode/objects-get-list/music-segue-masters",
      (args) => (args.member = "serviceAccount:segue-encode@elsewhere.iam.gserviceaccount.com"),
    ),
    "a workload of the cluster that is no service": also(
      "more",
      "account/encode/publish/segue.outcomes",
      (args) =>
        (args.member =
          "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/music.svc.id.goog/subject/ns/segue/sa/default"),
    ),
  },
  "what sources may be in is others'": {
    "the fleet's masters": also("more", "account/fetch/sources/library", (args) => {
      args.bucket = "music-segue-masters";
    }),
  },
  "nothing is granted on the whole project that can be granted on less": {
    "an editor": set(listens, (args) => (args.role = "roles/editor")),
    "an owner": set(listens, (args) => (args.role = "roles/owner")),
    "all of storage": set(listens, (args) => (args.role = "roles/storage.admin")),
    "what servers make, elsewhere": set(listens, (args) => (args.project = "music-elsewhere")),
    "a role of ours that may more": set("role/listen", (args) =>
      args.permissions.push("storage.objects.get"),
    ),
    "every database": set("account/catalog/database", (args) => (args.condition = undefined)),
  },
  "each account is one service's": {
    "two workloads in one": also("more", "account/catalog/workload", (args) => (args.member += "2")),
    "one workload in two": set(
      "account/ingest/workload",
      (args) => (args.member = "serviceAccount:music.svc.id.goog[segue/segue-catalog]"),
    ),
    "one that nobody can be": without("account/catalog/workload"),
    "another workload than the service's": set(
      "account/ingest/workload",
      (args) => (args.member = "serviceAccount:music.svc.id.goog[segue/default]"),
    ),
    "who is not of the cluster": set(
      "account/ingest/workload",
      (args) => (args.member = "user:me@example.com"),
    ),
    "nodes as a service": set(
      "pool/base",
      (args) => (args.nodeConfig.serviceAccount = "segue-catalog@music.iam.gserviceaccount.com"),
    ),
  },
  "a service may do what its specification says, and nothing else": {
    "a topic more": also(
      "more",
      "account/encode/publish/segue.outcomes",
      (args) => (args.topic = "segue.tracks"),
    ),
    "a subscription less": without(tempoReads),
    "others' verbs": set("account/encode/objects-get-list/music-segue-masters", (args) => {
      args.role = "projects/music/roles/segue_objects_create_delete_get_list";
    }),
    "a role of Google's": set(
      "account/encode/objects-get-list/music-segue-masters",
      (args) => (args.role = "roles/storage.objectAdmin"),
    ),
    "a role that allows more": set("role/publish", (args) => args.permissions.push("pubsub.topics.delete")),
    "buckets of others": also("more", "account/fetch/sources/library", (args) => {
      args.member = "serviceAccount:segue-encode@music.iam.gserviceaccount.com";
    }),
    "to write to buckets of others": set("account/fetch/sources/library", (args) => {
      args.role = "projects/music/roles/segue_objects_create_delete_get_list";
    }),
  },
  "preemptible nodes keep away who does not ask for them, and servers have others": {
    "no taint": set("pool/spot-cpu", (args) => (args.nodeConfig.taints = [])),
    "no taint of those with a GPU": set("pool/spot-gpu", (args) => (args.nodeConfig.taints = undefined)),
    "nodes without work": set("pool/spot-cpu", (args) => (args.autoscaling.totalMinNodeCount = 1)),
    "servers nowhere": set("pool/base", (args) => (args.nodeConfig.spot = true)),
  },
  "nodes are private, and pods are who they are": {
    "addresses of the outside": set(
      "cluster",
      (args) => (args.privateClusterConfig.enablePrivateNodes = false),
    ),
    "a public control plane": set(
      "cluster",
      (args) => (args.privateClusterConfig.enablePrivateEndpoint = false),
    ),
    "a rule for everybody": set("control-plane-to-keda", (args) => (args.sourceRanges = ["0.0.0.0/0"])),
    "a rule for all machines": set("control-plane-to-keda", (args) => (args.targetServiceAccounts = [])),
    "no identities": set("cluster", (args) => (args.workloadIdentityConfig = undefined)),
    "no network policies": set("cluster", (args) => (args.datapathProvider = "LEGACY_DATAPATH")),
    "pods as their node": set(
      "pool/base",
      (args) => (args.nodeConfig.workloadMetadataConfig.mode = "GCE_METADATA"),
    ),
    "no secure boot": set("pool/base", (args) => (args.nodeConfig.shieldedInstanceConfig = undefined)),
  },
  "the database is private, encrypted and without passwords": {
    "an address": set("database", (args) => (args.settings.ipConfiguration.ipv4Enabled = true)),
    "let in": set("database", (args) => (args.settings.ipConfiguration.authorizedNetworks = [])),
    "in the clear": set(
      "database",
      (args) => (args.settings.ipConfiguration.sslMode = "ALLOW_UNENCRYPTED_AND_ENCRYPTED"),
    ),
    "no accounts": set("database", (args) => (args.settings.databaseFlags = [])),
    "a password": set("database/user/catalog", (args) =>
      Object.assign(args, { type: "BUILT_IN", password: "x" }),
    ),
  },
  "logs keep no names": {
    "what programs write": set("logs/sink", (args) => args.exclusions.shift()),
    "in two places": without("logs/not-twice"),
    "of clients": without("logs/no-clients"),
  },
  "all that can be labelled says whose it is": {
    "a bucket": set(masters, (args) => (args.labels = {})),
    nodes: set("pool/base", (args) => (args.nodeConfig.resourceLabels = undefined)),
    "a database": set("database", (args) => (args.settings.userLabels = undefined)),
    "an alert": set("alert/waiting", (args) => (args.userLabels = undefined)),
  },
  "what a resource needs is there before it": {
    "it is missing": set(masters, (_, draft) => draft.dependsOn.push("nowhere")),
    "each before the other": set("network", (_, draft) => draft.dependsOn.push("subnetwork")),
    "what an argument names": set(
      "alert/waiting",
      (args) => (args.notificationChannels[0].resource = "nobody"),
    ),
  },
  "the fleet's topics and subscriptions are there, and no others": {
    "a topic less": without("topic/segue.aac"),
    "a topic more": also("topic/segue.more", "topic/segue.aac", (args) => (args.name = "segue.more")),
  },
};

test.each(["default", "economy"])("a topology of %s keeps them all", async (placement) => {
  const fleet = await specOf(placement);
  expect(violationsOf(topology(fleet, settings), fleet, settings)).toEqual([]);
  expect(violationsOf(topology(spec, fullSettings), spec, fullSettings)).toEqual([]);
  const apart = { ...spec, newsProject: "music-news" };
  expect(violationsOf(topology(apart, fullSettings), apart, fullSettings)).toEqual([]);
});

test("where services are who they are in the cluster, the same is asked of them", () => {
  const direct = { ...fullSettings, identity: "direct" as const, clusterAccounts: { encode: "team-encode" } };
  const made = topology(spec, direct);
  expect(violationsOf(made, spec, direct)).toEqual([]);
  const broken = made.filter(({ name }) => name !== "account/encode/publish/segue.outcomes");
  expect(violationsOf(broken, spec, direct).map(({ found }) => found)).toEqual([
    "encode: pubsub.topics.publish on segue.outcomes is not granted",
  ]);
  // What is granted to who they would be otherwise is granted to nobody of theirs.
  expect(violationsOf(topology(spec, fullSettings), spec, direct)).not.toEqual([]);
});

test("each is broken here", () => {
  expect(Object.keys(breakages).toSorted()).toEqual(policies.map(({ name }) => name).toSorted());
});

test("where the specification has a project for what servers make, they may make nothing in the fleet's", () => {
  const apart = { ...spec, newsProject: "music-news" };
  const found = violationsOf(topology(spec, fullSettings), apart, fullSettings).map(({ found }) => found);
  expect(found).toContainEqual(expect.stringMatching(/^account\/ingest\/listen: expected what servers make/));
  expect(found).toContainEqual("ingest: pubsub.subscriptions.consume on project music is not specified");
  expect(found).toContainEqual("ingest: pubsub.subscriptions.consume on project music-news is not granted");
});

describe.each(Object.keys(breakages))("%s", (policy) => {
  test.each(Object.keys(breakages[policy] ?? {}))("%s is found", (what) => {
    const draft = structuredClone(topology(spec, fullSettings)) as unknown as Draft[];
    const broken = (breakages[policy]?.[what]?.(draft) ?? draft) as unknown as FleetResource[];
    const found = violationsOf(broken, spec, fullSettings).filter((each) => each.policy === policy);
    expect(found).not.toEqual([]);
    for (const each of found) expect(each.found).toMatch(/expected|is not/);
  });
});
