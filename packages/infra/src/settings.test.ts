import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { leastSettings } from "./fixtures/fleets.ts";
import { parseSettings, Settings } from "./settings.ts";

test.each([
  [{ regoin: "europe-west1" }, /settings: .*regoin/],
  [{ region: "Belgium" }, "settings.region: expected a region"],
  [{ region: undefined }, "settings.region: expected a region"],
  [{ projectNumber: 123456789012 }, "settings.projectNumber: expected the project's number, in quotes"],
  [{ alertEmails: [] }, "settings.alertEmails: expected at least one address"],
  [{ shutdownSec: 120 }, "settings.shutdownSec: expected 15 to 105 seconds"],
  [
    { budget: { ...leastSettings.budget, billingAccount: "mine" } },
    "settings.budget.billingAccount: expected",
  ],
  [{ base: { machinetype: "e2-standard-4" } }, /settings\.base: .*machinetype/],
  [{ identity: "workload" }, "settings.identity: expected accounts or direct"],
  [
    { clusterAccounts: { encode: "segue/encode" } },
    "settings.clusterAccounts.encode: expected an account of the cluster, by its name alone",
  ],
  [{ spotGpu: { accelerator: "tpu" } }, "settings.spotGpu.accelerator: expected an accelerator's type"],
])("%j is refused by its name", (wrong, words) => {
  expect(() => parseSettings({ ...leastSettings, ...wrong })).toThrow(words);
});

test("all that is wrong is told at once", () => {
  expect(() => parseSettings({})).toThrow(/projectNumber: .*\n.*region: .*\n.*budget: .*\n.*alertEmails: /);
});

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

test("infra/README.md has every setting, with what holds when it is not set", () => {
  const page = readFileSync(new URL("../../../infra/README.md", import.meta.url), "utf8");
  const cells = new Map(
    [...page.matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)].map(([, name = "", value]) => [name, value]),
  );
  for (const [name, value] of Object.entries(parseSettings(leastSettings))) {
    const text =
      name in leastSettings
        ? "must be set"
        : Array.isArray(value) || isEmpty(value)
          ? "none"
          : `\`${typeof value === "object" && value !== null ? Object.values(value).join(", ") : value}\``;
    expect([name, cells.get(name)]).toEqual([name, text]);
  }
  expect(z.toJSONSchema(Settings, { io: "input" }).additionalProperties).toBe(false);
});
