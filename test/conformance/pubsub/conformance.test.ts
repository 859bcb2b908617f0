// One suite against Pub/Sub's documented behaviour, driven by the real client, over our server and Google's emulator.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeCases } from "./close-cases.ts";
import { Api, type ConformanceCase } from "./conformance-case.ts";
import { EMULATOR_DEVIATIONS } from "./deviations.ts";
import { filterCases } from "./filter-cases.ts";
import { findEmulator } from "./find-emulator.ts";
import { leaseCases } from "./lease-cases.ts";
import { orderingCases } from "./ordering-cases.ts";
import { end, type ServerProcess, spawnEmulator, spawnPubSub } from "./processes.ts";
import { publishCases } from "./publish-cases.ts";
import { redeliveryCases } from "./redelivery-cases.ts";
import { streamCases } from "./stream-cases.ts";
import { subscriptionCases } from "./subscription-cases.ts";
import { topicCases } from "./topic-cases.ts";

const cases: ConformanceCase[] = [
  ...topicCases,
  ...subscriptionCases,
  ...publishCases,
  ...leaseCases,
  ...streamCases,
  ...redeliveryCases,
  ...orderingCases,
  ...filterCases,
  ...closeCases,
];

async function runCase(one: ConformanceCase, port: number): Promise<void> {
  await using api = new Api(port);
  await one.run(api);
}

describe("our server", () => {
  let server: ServerProcess;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "segue-pubsub-"));
    server = await spawnPubSub(dataDir);
  });
  afterAll(async () => {
    await end(server, "SIGTERM");
    rmSync(dataDir, { recursive: true });
  });
  for (const one of cases) it.concurrent(one.name, () => runCase(one, server.port));
});

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
