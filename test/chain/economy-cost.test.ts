// What is counted of the other placement, at each commit; that it makes the same of each file is in economy.slow.test.ts.
import { afterAll, beforeAll, describe } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { costEnv, testCost, testIdleCost } from "./test-cost.ts";
import { testCostOfSong, unhurriedEnv } from "./test-cost-of-song.ts";

let running: FleetUnderTest;
beforeAll(async () => {
  running = await startFleetUnderTest({
    // A step that starved is tried again through the queue, and what that needs lies in storage until nobody does.
    env: {
      ...{ ...costEnv, ...unhurriedEnv, SEGUE_INTERMEDIATES_KEEP_MS: "20000" },
      SEGUE_PLACEMENT: "economy",
    },
  });
});
afterAll(() => running?.[Symbol.asyncDispose]());

describe("what a track costs", () => testCost(() => running, "economy"));
describe("what a song costs", () => testCostOfSong(() => running, "economy"));
describe("what a fleet costs that has nothing to do", () => testIdleCost(() => running));
