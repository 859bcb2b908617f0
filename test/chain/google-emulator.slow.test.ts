import { afterAll, beforeAll, describe } from "vitest";
import { findEmulator } from "../support/find-emulator.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { startGoogleEmulator } from "../support/google-emulator.ts";
import { testWholeChain } from "./test-whole-chain.ts";

const emulator = findEmulator();
if ("missing" in emulator)
  console.warn(`SKIPPED: the whole chain over Google's Pub/Sub emulator: ${emulator.missing}`);

describe.skipIf("missing" in emulator)("the whole chain over Google's Pub/Sub emulator", () => {
  let running: FleetUnderTest;
  let google: Awaited<ReturnType<typeof startGoogleEmulator>> | undefined;
  beforeAll(async () => {
    if ("missing" in emulator) return;
    google = await startGoogleEmulator(emulator.jar);
    running = await startFleetUnderTest({ env: { PUBSUB_EMULATOR_HOST: google.host } });
  });
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    await google?.[Symbol.asyncDispose]();
  });
  testWholeChain(() => running, { pubsub: "google", placement: "default" });
});
