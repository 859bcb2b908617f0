import { readFileSync } from "node:fs";
import { defineKind, Master } from "@segue/contracts";
import { FleetSpec } from "@segue/contracts/fleet-spec";
import { defineFleet, defineServer, defineService, defineStep } from "@segue/step";
import { expect, test } from "vitest";
import { z } from "zod";
import project from "../../../segue.config.ts";
import { describeFleet } from "./describe-fleet.ts";
import { describePermissions } from "./permissions.ts";

const naming = { projectId: "music", prefix: "segue" };
const inPlacement = (placement: string) => ({
  ...project,
  services: project.placements.get(placement) ?? new Map(),
});
const placements = [...project.placements.keys()];
const serviceOf = ({ services }: FleetSpec, name: string) => {
  const found = services.find((service) => service.name === name);
  if (!found) throw new Error(`expected a service ${name}`);
  return found;
};

test.each(placements)(
  "%s: the project's own fleet is one that the schema takes, whole",
  async (placement) => {
    const spec = await describeFleet(inPlacement(placement), naming, placement);
    expect(FleetSpec.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    const steps = spec.services.flatMap((service) => service.steps.map(({ name }) => name));
    expect(steps.sort()).toEqual(project.chain.steps.map(({ name }) => name).sort());
    for (const { resources, scaling, env } of spec.services) {
      expect(resources.memoryMiB).toBeGreaterThan(0);
      expect(scaling).toBeDefined();
      expect(env.filter(({ required, value, secret }) => required && !secret && value === null)).toEqual([]);
    }
  },
);

test.each(placements)(
  "%s: every topic has its speaker, every subscription one service that hears it",
  async (placement) => {
    const { services, topics, subscriptions } = await describeFleet(
      inPlacement(placement),
      naming,
      placement,
    );
    const spoken = new Set(services.flatMap(({ grants }) => grants.publish));
    expect(topics.map(({ name }) => name).filter((name) => !spoken.has(name))).toEqual([]);
    const heard = services.flatMap(({ grants }) => grants.consume);
    expect(heard.sort()).toEqual(subscriptions.map(({ name }) => name).sort());
  },
);

test("what is called as secrets are is one, which no line of a log tells", async () => {
  const { services } = await describeFleet(project, naming, "default");
  const named = services.flatMap(({ env }) =>
    env.filter(({ name }) => /_(KEY|TOKEN|SECRET|PASSWORD)$/.test(name)),
  );
  expect(named.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["SEGUE_ADMIN_KEY", "SEGUE_RECEIPT_KEY"]),
  );
  expect(named.filter(({ secret }) => !secret).map(({ name }) => name)).toEqual([]);
});

test("services of the project that say what their steps take say all of it", async () => {
  const { services } = await describeFleet(project, naming, "default");
  const attempts = services.flatMap(({ steps }) => steps.map(({ attempt }) => attempt));
  const measured = attempts.filter(({ cpuSec, scratchMiB }) => cpuSec !== null || scratchMiB !== null);
  // One that has just been added was not measured yet.
  expect(measured.length).toBeGreaterThan(5);
  expect(measured.filter(({ cpuSec, scratchMiB }) => cpuSec === null || scratchMiB === null)).toEqual([]);
});

test("the published JSON Schema is that of the specification", () => {
  const file = new URL("../../../docs/fleet-spec.schema.json", import.meta.url);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(z.toJSONSchema(FleetSpec));
});

const kind = (name: string, retention: "intermediate" | "derivative") =>
  defineKind({
    name,
    retention,
    payload: { contentType: "text/plain", extension: "txt" },
    facts: z.object({}),
  });
const [Draft, Text, Count] = [
  kind("draft", "intermediate"),
  kind("text", "derivative"),
  kind("count", "derivative"),
];
const step = (name: string, consumes: Record<string, typeof Draft>, produces: typeof Draft, memoryMiB = 64) =>
  defineStep({
    ...{ name, version: 1, consumes, produces },
    budget: { timeMs: 1_000, memoryMiB },
    setup: async () => null,
    run: () => ({}),
  });
const read = step("read", { master: Master as unknown as typeof Draft }, Draft);
const write = step("write", { draft: Draft }, Text);
const count = { ...step("count", { text: Text }, Count, 200), accelerator: "gpu" } as const;

const toy = defineFleet(
  {
    api: defineServer({ name: "api", start: () => Promise.reject(new Error("it is not started")) }),
    reader: [read],
    writer: defineService({
      steps: [write],
      resources: { cores: 2, attempts: { write: { cpuSec: 3, memoryMiB: 100, scratchMiB: 10 } } },
      concurrency: 2,
      scaling: { minReplicas: 1, by: { measure: "backlog", waitSec: 5 } },
    }),
    counter: [count],
  },
  { together: { all: ["reader", "writer", "counter"] } },
);

test("grants follow from the chain, and are no more than it needs", async () => {
  const spec = await describeFleet(toy, naming, "default");
  const { grants } = serviceOf(spec, "writer");
  expect(grants.publish).toEqual([
    "segue.text",
    "segue.tasks.reader",
    "segue.tasks.writer",
    "segue.tasks.counter",
    "segue.outcomes",
    "segue.dead-letter",
    "segue.news",
  ]);
  expect(grants.consume).toEqual([
    "segue.draft.write",
    "segue.tasks.writer.live",
    "segue.draft.write.backfill",
    "segue.tasks.writer.backfill",
  ]);
  expect(grants.objects.map(({ bucket, kinds }) => [bucket, kinds])).toEqual([
    ["music-segue-scratch", ["draft"]],
    ["music-segue-assets", ["text"]],
    ["music-segue-records", []],
  ]);
  // It makes intermediates of masters: it has no business with what is kept.
  expect(serviceOf(spec, "reader").grants.objects.map(({ bucket }) => bucket)).toEqual([
    "music-segue-masters",
    "music-segue-scratch",
    "music-segue-records",
  ]);
  expect(serviceOf(spec, "reader").grants.publish).not.toContain("segue.tasks.counter");
});

test("servers make subscriptions in the fleet's project, or in one that is named for it", async () => {
  const own = await describeFleet(toy, naming, "default");
  const apart = await describeFleet(toy, { ...naming, newsProjectId: "music-news" }, "default");
  expect([own.newsProject, apart.newsProject]).toEqual(["music", "music-news"]);
  const told = (spec: FleetSpec) =>
    serviceOf(spec, "api").env.find(({ name }) => name === "SEGUE_NEWS_PROJECT")?.value;
  expect([told(own), told(apart)]).toEqual([null, "music-news"]);
  const mayMake = (newsProjectId?: string) =>
    describePermissions(toy, { ...naming, newsProjectId }, {})
      .get("api")
      ?.filter(({ permission }) => permission === "pubsub.subscriptions.create");
  const made = (project: string) => `projects/${project}/subscriptions/segue.news.api-*`;
  expect(mayMake()).toEqual([{ permission: "pubsub.subscriptions.create", resource: made("music") }]);
  expect(mayMake("music-news")).toEqual([
    { permission: "pubsub.subscriptions.create", resource: made("music-news") },
  ]);
});

test("what a worker takes is its process, a thread for each step and attempt at once, and one attempt in quarantine", async () => {
  const { resources, scaling, concurrency } = serviceOf(
    await describeFleet(toy, naming, "default"),
    "writer",
  );
  const worker = serviceOf(await describeFleet(toy, naming, "default"), "counter");
  expect(resources).toEqual({
    cores: 4,
    memoryMiB: worker.resources.memoryMiB === null ? null : worker.resources.memoryMiB - 2 * 200 + 3 * 100,
    scratchMiB: 20,
    accelerator: null,
  });
  expect([concurrency, scaling.minReplicas, scaling.by]).toEqual([
    2,
    1,
    { measure: "backlog", waitSec: 5, subscriptions: expect.arrayContaining(["segue.draft.write"]) },
  ]);
});

test("a placement's service takes what those that it is made of take together, and belongs where one of them does", async () => {
  const services = toy.placements.get("together") ?? new Map();
  const spec = await describeFleet({ ...toy, services }, naming, "together");
  const all = serviceOf(spec, "all");
  expect(all.steps.map(({ name, service }) => [name, service])).toEqual([
    ["read", "reader"],
    ["write", "writer"],
    ["count", "counter"],
  ]);
  expect([all.concurrency, all.resources.cores, all.resources.accelerator]).toEqual([2, 4, "gpu"]);
  // Of two of its steps nobody knows what they leave on a disk.
  expect(all.resources.scratchMiB).toBeNull();
  expect(all.env.find(({ name }) => name === "SEGUE_ACCELERATOR")?.value).toBe("gpu");
  expect(all.env.find(({ name }) => name === "SEGUE_PLACEMENT")?.value).toBe("together");
});
