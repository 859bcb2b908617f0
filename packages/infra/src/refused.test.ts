// What is refused of a fleet or of settings, in words.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, expect, test } from "vitest";
import { chartValues } from "./chart-values.ts";
import { fullSettings, leastSettings, settings, specOf } from "./fixtures/fleets.ts";
import { parseSettings } from "./settings.ts";
import { topology } from "./topology.ts";

let spec: FleetSpec;
beforeAll(async () => {
  spec = await specOf();
});

test("a bucket of the fleet's own among those of others", () => {
  const own = parseSettings({ ...leastSettings, sourceBuckets: ["library", "music-segue-masters"] });
  expect(() => topology(spec, own)).toThrow(
    "settings.sourceBuckets: music-segue-masters is the fleet's own, which no source may name; expected buckets of others",
  );
  expect(() => chartValues(spec, own)).toThrow(/settings\.sourceBuckets/);
});

test("an account of the cluster for nobody, and one for two", () => {
  const of = (clusterAccounts: Record<string, string>) =>
    topology(spec, parseSettings({ ...leastSettings, clusterAccounts }));
  expect(() => of({ encoder: "team" })).toThrow(
    "settings.clusterAccounts.encoder: expected a service of the fleet",
  );
  expect(() => of({ encode: "team", decode: "team" })).toThrow(
    /team is \w+ and \w+; expected an account each/,
  );
  expect(() => of({ encode: "segue-decode" })).toThrow(/segue-decode is \w+ and \w+/);
});

test("what Google takes no name of", () => {
  expect(() => topology({ ...spec, prefix: "a-very-long-prefix-of-a-team" }, settings)).toThrow(
    /a-very-long-prefix-of-a-team-\w+: expected 6 to 30/,
  );
  expect(() => topology({ ...spec, prefix: "team-" }, settings)).toThrow(/SEGUE_PREFIX/);
  expect(() => topology({ ...spec, project: "example.com:music" }, settings)).toThrow(/GOOGLE_CLOUD_PROJECT/);
});

test("a service that is called like what is there already", () => {
  const [service] = spec.services;
  if (!service) throw new Error("expected a service");
  const twice = { ...spec, accounts: [{ ...service, name: "nodes" }] };
  expect(() => topology(twice, settings)).toThrow("account/nodes: expected one of that name");
});

test("nodes with a GPU that no step asks for", () => {
  expect(() => topology(spec, fullSettings)).toThrow("no step of this fleet asks for a GPU");
});
