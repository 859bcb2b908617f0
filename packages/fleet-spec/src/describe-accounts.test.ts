import { createNames, deriveTopology } from "@segue/chain";
import { defineKind, Master } from "@segue/contracts";
import { defineFleet, defineStep } from "@segue/step";
import { expect, test } from "vitest";
import { z } from "zod";
import project from "../../../segue.config.ts";
import { describeAccounts } from "./describe-accounts.ts";
import { grantsOf } from "./grants.ts";

const names = createNames({ projectId: "music", prefix: "segue" });
const partsOf = (fleet: typeof project, placement = "default") => ({
  fleet: { ...fleet, services: fleet.placements.get(placement) ?? new Map() },
  names,
  topology: deriveTopology(fleet.chain, names),
});

test.each([...project.placements.keys()])(
  "%s: accounts are those of all placements, with what each may",
  (placement) => {
    const accounts = describeAccounts(partsOf(project, placement));
    expect(accounts).toEqual(describeAccounts(partsOf(project)));
    // No service of this fleet hosts other steps in another placement: it may do that, and no more.
    for (const services of project.placements.values())
      for (const [name, service] of services)
        expect(accounts).toContainEqual({ name, grants: grantsOf(partsOf(project), name, service) });
  },
);

const kind = (name: string, retention: "intermediate" | "derivative") =>
  defineKind({
    name,
    retention,
    payload: { contentType: "text/plain", extension: "txt" },
    facts: z.object({}),
  });
const [Draft, Text] = [kind("draft", "intermediate"), kind("text", "derivative")];
const stepOf = (name: string, consumes: Record<string, typeof Draft>, produces: typeof Draft) =>
  defineStep({
    ...{ name, version: 1, consumes, produces, budget: { timeMs: 1_000, memoryMiB: 64 } },
    setup: async () => null,
    run: () => ({}),
  });

test("a service that hosts other steps in another placement may do what it may in either", () => {
  const read = stepOf("read", { master: Master as unknown as typeof Draft }, Draft);
  const write = stepOf("write", { draft: Draft }, Text);
  const fleet = defineFleet({ first: [read], second: [write] }, { together: { first: ["first", "second"] } });
  const [account] = describeAccounts(partsOf(fleet)).filter(({ name }) => name === "first");
  for (const services of fleet.placements.values()) {
    const service = services.get("first") ?? expect.unreachable("expected a service");
    const { publish, consume, objects } = grantsOf(partsOf(fleet), "first", service);
    expect(account?.grants.publish).toEqual(expect.arrayContaining([...publish]));
    expect(account?.grants.consume).toEqual(expect.arrayContaining([...consume]));
    for (const { bucket, verbs, kinds } of objects)
      expect(account?.grants.objects.filter((each) => each.bucket === bucket)).toEqual([
        { bucket, verbs: expect.arrayContaining([...verbs]), kinds: expect.arrayContaining([...kinds]) },
      ]);
  }
  expect(account?.grants.consume.length).toBeGreaterThan(
    grantsOf(partsOf(fleet), "first", fleet.services.get("first") ?? expect.unreachable()).consume.length,
  );
});
