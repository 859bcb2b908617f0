// The suite over Google's emulator, side by side with our-server.test.ts: it shows that the cases ask for Pub/Sub's
// behaviour and not for ours.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findEmulator } from "../../support/find-emulator.ts";
import { cases, runCase } from "./all-cases.ts";
import { EMULATOR_DEVIATIONS } from "./deviations.ts";
import { end, type ServerProcess, spawnEmulator } from "./processes.ts";

const emulator = findEmulator();
if ("missing" in emulator) {
  console.warn(`SKIPPED: the Pub/Sub suite over Google's emulator: ${emulator.missing}`);
}

describe.skipIf("missing" in emulator)("Google's emulator", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    if ("jar" in emulator) server = await spawnEmulator(emulator.jar);
    console.log("Google's emulator departs from the documentation here:");
    console.table(Object.entries(EMULATOR_DEVIATIONS).map(([name, instead]) => ({ case: name, instead })));
  });
  afterAll(async () => end(server, "SIGKILL"));
  it("deviates only in cases that exist", () => {
    const names = new Set(cases.map(({ name }) => name));
    expect(Object.keys(EMULATOR_DEVIATIONS).filter((name) => !names.has(name))).toEqual([]);
  });
  for (const one of cases) {
    const instead = EMULATOR_DEVIATIONS[one.name];
    if (instead === undefined) it.concurrent(one.name, () => runCase(one, server.port));
    else {
      it.concurrent(`deviates: ${one.name} (${instead})`, async () => {
        await expect(
          runCase(one, server.port),
          "the emulator conforms now: take it off the list",
        ).rejects.toThrow();
      });
    }
  }
});
