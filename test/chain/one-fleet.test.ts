// All that needs a whole fleet and leaves it as it was: to start one takes as long as a dozen tracks.
import { afterAll, beforeAll, describe } from "vitest";
import { type FleetToFeed, startFleetToFeed } from "../hostile/feed/run-corpus.ts";
import { testHostile } from "../hostile/test-hostile.ts";
import { testBadFiles } from "./test-bad-files.ts";
import { costEnv, testCost, testIdleCost } from "./test-cost.ts";
import { testCostOfSong } from "./test-cost-of-song.ts";
import { testWholeChain } from "./test-whole-chain.ts";

let fed: FleetToFeed;
beforeAll(async () => {
  fed = await startFleetToFeed({ ...costEnv, SEGUE_INTERMEDIATES_KEEP_MS: "20000" });
});
afterAll(() => fed?.[Symbol.asyncDispose]());

describe("what a track costs", () => testCost(() => fed.running));
describe("what a song costs", () => testCostOfSong(() => fed.running));
describe("what a fleet costs that has nothing to do", () => testIdleCost(() => fed.running));
describe("the whole chain", () =>
  testWholeChain(() => fed.running, { pubsub: "local", placement: "default" }));
describe("bad files", () => testBadFiles(() => fed.running));
describe("the hostile corpus", () => testHostile(() => fed));
