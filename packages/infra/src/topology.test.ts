import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { chartValues } from "./chart-values.ts";
import { fullSettings, leastSettings, settings, specOf, withGpu } from "./fixtures/fleets.ts";
import { violationsOf } from "./policies/index.ts";
import { parseSettings } from "./settings.ts";
import { type FleetResource, topology } from "./topology.ts";

let spec: FleetSpec;
let resources: readonly FleetResource[];
beforeAll(async () => {
  spec = await specOf();
  resources = topology(spec, settings);
});

const named = (name: string, among = resources) => {
  const found = among.find((each) => each.name === name);
  if (!found) throw new Error(`expected ${name}`);
  return found;
};
const namesOf = (among: readonly FleetResource[]) => among.map(({ name }) => name);

test("the same is made of the same, and nothing twice", () => {
  expect(topology(structuredClone(spec), structuredClone(settings))).toEqual(resources);
  expect(new Set(namesOf(resources)).size).toBe(resources.length);
});

test("what servers make for themselves is in the project for that, and so is the role by which they may", () => {
  const elsewhere = { ...spec, newsProject: "music-news" };
  const apart = topology(elsewhere, settings);
  for (const server of ["ingest", "fetch", "catalog"])
    expect(named(`account/${server}/listen`, apart).args).toMatchObject({
      project: "music-news",
      role: "projects/music-news/roles/segue_listen",
      member: `serviceAccount:segue-${server}@music.iam.gserviceaccount.com`,
    });
  const there = apart.filter(({ args }) => "project" in args && args.project === "music-news");
  expect(namesOf(there).toSorted()).toEqual([
    "account/catalog/listen",
    "account/fetch/listen",
    "account/ingest/listen",
    "api/news/iam",
    "api/news/pubsub",
    "role/listen",
  ]);
  // The topic stays where the fleet is: what may be heard there it says.
  expect(named("account/ingest/attach/segue.news", apart).args).toMatchObject({ project: "music" });
  expect(named("account/ingest/listen").args).toMatchObject({ project: "music" });
  expect(() => topology({ ...spec, newsProject: "example.com:news" }, settings)).toThrow(
    /SEGUE_NEWS_PROJECT/,
  );
});

test("a bucket is closed, near the workers, and only what expires is deleted", () => {
  expect(named("bucket/music-segue-scratch").args).toMatchObject({
    location: "EUROPE-WEST1",
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    lifecycleRules: [{ action: { type: "Delete" }, condition: { age: 1 } }],
    softDeletePolicy: { retentionDurationSeconds: 0 },
  });
  expect(named("bucket/music-segue-uploads").args).toMatchObject({
    lifecycleRules: [{ action: { type: "Delete" }, condition: { age: 31 } }],
    softDeletePolicy: { retentionDurationSeconds: 0 },
  });
  for (const role of ["masters", "assets", "records"]) {
    const { args, protect } = named(`bucket/music-segue-${role}`);
    expect(args).not.toHaveProperty("lifecycleRules");
    expect(args).not.toHaveProperty("softDeletePolicy");
    expect(protect).toBe(true);
  }
});

test("a subscription is as the specification has it", () => {
  expect(named("subscription/segue.pcm.tempo", topology(withTempoOfPcm(), settings)).args).toMatchObject({
    topic: "projects/music/topics/segue.pcm",
    filter: 'attributes:"want-tempo" AND NOT attributes:"backfill"',
    ackDeadlineSeconds: 10,
    messageRetentionDuration: "604800s",
    expirationPolicy: { ttl: "" },
    retryPolicy: { minimumBackoff: "1s", maximumBackoff: "60s" },
    deadLetterPolicy: { deadLetterTopic: "projects/music/topics/segue.dead-letter", maxDeliveryAttempts: 20 },
  });
  expect(named("subscription/segue.dead-letter.catalog").args).not.toHaveProperty("deadLetterPolicy");
  expect(named("subscription/segue.outcomes.catalog").args).not.toHaveProperty("filter");
});

function withTempoOfPcm(): FleetSpec {
  const [first] = spec.subscriptions;
  if (!first) throw new Error("expected a subscription");
  const filter = 'attributes:"want-tempo" AND NOT attributes:"backfill"';
  return { ...spec, subscriptions: [{ ...first, name: "segue.pcm.tempo", topic: "segue.pcm", filter }] };
}

describe("a step that is plugged in", () => {
  test("adds its topics, subscriptions, account and grants, and what its neighbours may do, and nothing else", async () => {
    const file = new URL("../../../test/chain/fixtures/plugged-in.config.ts", import.meta.url).href;
    const pluggedIn = await specOf("default", file);
    const more = topology(pluggedIn, settings);
    // That file has no other placement.
    const { accounts: _, ...placed } = spec;
    const alone = topology(placed, settings);
    const before = new Map(alone.map((each) => [each.name, each]));
    for (const { name } of alone) expect(namesOf(more)).toContain(name);
    for (const each of more) if (before.has(each.name)) expect(each).toEqual(before.get(each.name));

    const services = new Set(spec.services.map(({ name }) => name));
    const added = pluggedIn.services.filter(({ name }) => !services.has(name));
    const addedTopics = pluggedIn.topics.filter(
      ({ name }) => !spec.topics.some((each) => each.name === name),
    );
    const addedSubscriptions = pluggedIn.subscriptions.filter(
      ({ name }) => !spec.subscriptions.some((each) => each.name === name),
    );
    expect(added.length).toBeGreaterThan(0);
    const neighbours = pluggedIn.services.flatMap(({ name, grants }) => {
      const old = spec.services.find((each) => each.name === name)?.grants;
      return old
        ? grants.publish
            .filter((topic) => !old.publish.includes(topic))
            .map((topic) => `account/${name}/publish/${topic}`)
        : [];
    });
    const expected = [
      ...addedTopics.map(({ name }) => `topic/${name}`),
      ...addedSubscriptions.flatMap(({ name }) => [`subscription/${name}`, `queue-agent/consume/${name}`]),
      ...added.flatMap(({ name, grants }) => [
        `account/${name}`,
        `account/${name}/workload`,
        ...grants.publish.map((topic) => `account/${name}/publish/${topic}`),
        ...grants.consume.map((subscription) => `account/${name}/consume/${subscription}`),
        ...grants.objects.map(
          ({ bucket, verbs }) => `account/${name}/objects-${verbs.toSorted().join("-")}/${bucket}`,
        ),
      ]),
      ...neighbours,
    ];
    const found = namesOf(more).filter((name) => !before.has(name));
    expect(found.toSorted()).toEqual(expected.toSorted());
  });
});

test("when one placement follows another, nothing is made anew and nothing ends: both may run", async () => {
  const economy = await specOf("economy");
  expect(topology(economy, settings)).toEqual(resources);
  for (const { services } of [spec, economy])
    for (const { name } of services) expect(namesOf(resources)).toContain(`account/${name}/workload`);
  for (const each of [spec, economy]) expect(violationsOf(resources, each, settings)).toEqual([]);
  // A specification from before there were accounts in it has those of its services.
  const { accounts: _, ...earlier } = economy;
  expect(namesOf(topology(earlier, settings))).not.toContain("account/decode");
});

test("the API's name leads to an address that stays, and whose name the chart is told", () => {
  const more = topology(withGpu(spec, "tagging"), fullSettings);
  const { args, protect } = named("api-address", more);
  expect([args, protect]).toMatchObject([{ name: "segue-api", addressType: "EXTERNAL" }, true]);
  expect(chartValues(spec, fullSettings).ingress).toEqual({
    host: "api.example.com",
    addressName: "segue-api",
    address: { resource: "api-address", output: "address" },
  });
  expect(chartValues(spec, fullSettings).gateway).toEqual({
    host: "api.example.com",
    address: { resource: "api-address", output: "address" },
  });
  expect(namesOf(resources)).not.toContain("api-address");
  for (const door of ["ingress", "gateway"]) expect(chartValues(spec, settings)).not.toHaveProperty(door);
});

test("nodes are given time to end, and pools are as the chart expects them", () => {
  const more = topology(withGpu(spec, "tagging"), fullSettings);
  const taint = { key: "cloud.google.com/gke-spot", value: "true", effect: "NO_SCHEDULE" };
  expect(named("pool/spot-cpu").args).toMatchObject({
    autoscaling: { totalMinNodeCount: 0, totalMaxNodeCount: 50 },
    nodeConfig: {
      spot: true,
      taints: [taint],
      kubeletConfig: { shutdownGracePeriodSeconds: 75, shutdownGracePeriodCriticalPodsSeconds: 15 },
    },
  });
  const { args } = named("pool/base");
  expect(args).toMatchObject({ autoscaling: { totalMinNodeCount: 2 }, nodeConfig: { spot: false } });
  expect(args).not.toHaveProperty("nodeConfig.taints");
  expect(args).not.toHaveProperty("nodeConfig.kubeletConfig");
  expect(namesOf(resources)).not.toContain("pool/spot-gpu");
  expect(named("pool/spot-gpu", more).args).toMatchObject({
    nodeConfig: { taints: [taint], guestAccelerators: [{ type: "nvidia-l4", count: 1 }] },
  });
  const usual = topology(spec, parseSettings({ ...leastSettings, shutdownSec: 15 }));
  expect(named("pool/spot-cpu", usual).args).not.toHaveProperty("nodeConfig.kubeletConfig");
});

test("nodes with a GPU are in the zones that have it, where those are named", () => {
  const of = (zones: string[]) =>
    topology(withGpu(spec, "tagging"), parseSettings({ ...leastSettings, spotGpu: { zones } }));
  const zones = ["europe-west1-b", "europe-west1-c"];
  expect(named("pool/spot-gpu", of(zones)).args).toMatchObject({ nodeLocations: zones });
  expect(named("pool/spot-cpu", of(zones)).args).not.toHaveProperty("nodeLocations");
  expect(named("pool/spot-gpu", of([])).args).not.toHaveProperty("nodeLocations");
  expect(() => of(["europe-west4-a"])).toThrow(
    "settings.spotGpu.zones: expected zones of europe-west1, got europe-west4-a",
  );
});

test("sources in buckets of others are read by whoever the specification says, and by nobody else", () => {
  const readers = namesOf(topology(withGpu(spec, "tagging"), fullSettings)).filter((name) =>
    name.endsWith("/library"),
  );
  expect(readers).toEqual(
    spec.services.flatMap(({ name, grants }) =>
      grants.foreignBuckets === null ? [] : [`account/${name}/sources/library`],
    ),
  );
  expect(readers.length).toBeGreaterThan(0);
});

test("where no accounts are to be made, a service is who it is in the cluster; one with the database has an account, for Cloud SQL", () => {
  const clusterAccounts = { encode: "team-encode", catalog: "team-catalog" };
  const direct = topology(spec, { ...settings, identity: "direct", clusterAccounts });
  const accounts = namesOf(direct).filter((name) => /^account\/[^/]+$/.test(name));
  expect(accounts.toSorted()).toEqual(["account/catalog", "account/ingest", "account/nodes"]);
  const pool = "projects/123456789012/locations/global/workloadIdentityPools/music.svc.id.goog";
  const memberOf = (name: string) => (named(name, direct).args as { member?: string }).member;
  for (const [service, account] of [
    ["encode", "team-encode"],
    ["decode", "segue-decode"],
  ])
    expect(memberOf(`account/${service}/publish/segue.outcomes`)).toBe(
      `principal://iam.googleapis.com/${pool}/subject/ns/segue/sa/${account}`,
    );
  expect(named("account/encode/publish/segue.outcomes", direct).dependsOn).toContain("cluster");
  expect(memberOf("account/catalog/workload")).toBe("serviceAccount:music.svc.id.goog[segue/team-catalog]");
  expect(memberOf("account/catalog/database")).toBe(
    "serviceAccount:segue-catalog@music.iam.gserviceaccount.com",
  );
  // Else all is as it was.
  const kinds = (all: readonly FleetResource[]) =>
    namesOf(all).filter((name) => !/^account\/[^/]+(\/workload)?$/.test(name));
  expect(kinds(direct)).toEqual(kinds(resources));
});

test("the cluster knows the Gateway API, by which the chart may be told to reach the API", () => {
  expect(chartValues(spec, fullSettings)).toHaveProperty("gateway.host");
  expect(named("cluster").args).toMatchObject({ gatewayApiConfig: { channel: "CHANNEL_STANDARD" } });
});

test("a private cluster's control plane reaches KEDA, which GKE's own rules don't let it", () => {
  const range = "10.72.16.0/28";
  expect(named("cluster").args).toMatchObject({ privateClusterConfig: { masterIpv4CidrBlock: range } });
  // A cluster that is there is not made anew for it.
  expect(named("cluster").ignoreChanges).toContain("privateClusterConfig.masterIpv4CidrBlock");
  expect(named("control-plane-to-keda").args).toMatchObject({
    direction: "INGRESS",
    sourceRanges: [range],
    targetServiceAccounts: ["segue-nodes@music.iam.gserviceaccount.com"],
    allows: [{ protocol: "tcp", ports: ["6443", "9443"] }],
  });
});
