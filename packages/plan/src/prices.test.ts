import { expect, test } from "vitest";
import { listPrices, priceOfCpu } from "./list-prices.ts";
import { measuredUse, reckonUse } from "./measured-use.ts";
import { fleetItems, onDemandPrices, priceFleet, spotPrices } from "./price-hours.ts";
import { priceTrack } from "./price-track.ts";

const day = {
  ...{
    tracks: 1_000_000,
    hours: 24,
    paidCpuSec: 9_000_000,
    gpuHours: 240,
    serverCores: 4,
    postedBytes: 9_600_000,
    fetchedBytes: 9_600_000,
  },
  ...reckonUse({ apart: 8, together: 0 }),
};

test("the items of a fleet's bill are all that there are, and add up", () => {
  const { items, total } = priceFleet(day, spotPrices());
  expect(Object.keys(items).toSorted()).toEqual(fleetItems.map(([item]) => item).toSorted());
  expect(total).toBeCloseTo(
    fleetItems.reduce((sum, [item]) => sum + items[item], 0),
    9,
  );
  for (const [item] of fleetItems) expect(items[item]).toBeGreaterThan(0);
});

test("each is what its price says, per million tracks", () => {
  const { items } = priceFleet({ ...day, tracks: 500_000 }, spotPrices());
  const { compute, gpu, database, storage } = listPrices;
  expect(items.cpu).toBeCloseTo(2 * priceOfCpu(9_000_000), 6);
  expect(items.gpu).toBeCloseTo(2 * 240 * gpu.spotHour, 6);
  expect(items.servers).toBeCloseTo(2 * 4 * 24 * compute.onDemandVcpuHour, 6);
  expect(items.database).toBeCloseTo(2 * 24 * 2 * (2 * database.vcpuHour + 7.5 * database.gbHour), 6);
  expect(items.cluster).toBeCloseTo(2 * 24 * 0.125, 6);
  // By the track: as many dollars whatever comes in.
  expect(items.posted).toBeCloseTo((9_600_000 / 2 ** 30) * 0.008 * 1_000_000, 6);
  expect(items.fetched).toBeCloseTo((9_600_000 / 2 ** 30) * 0.045 * 1_000_000, 6);
  expect(items.classA).toBeCloseTo(12 * storage.classAPerMillion, 6);
});

test("on demand workers cost more, and nothing else does", () => {
  const [spot, onDemand] = [priceFleet(day, spotPrices()), priceFleet(day, onDemandPrices())];
  for (const [item] of fleetItems) {
    if (item === "cpu" || item === "gpu") expect(onDemand.items[item]).toBeGreaterThan(spot.items[item]);
    else expect(onDemand.items[item]).toBe(spot.items[item]);
  }
  // What Google promises of preemptible nodes.
  expect(listPrices.gpu.spotHour).toBeLessThanOrEqual(0.4 * listPrices.gpu.onDemandHour + 1e-9);
});

test("a track that was measured costs the same in both bills, by what both have", () => {
  for (const { use, stored } of Object.values(measuredUse)) {
    const bill = priceTrack({ ...use, cpuSec: 4.2 }, stored);
    const { items, keptPerMonth } = priceFleet(
      { ...day, tracks: 1_000, paidCpuSec: 4_200, use, stored },
      spotPrices(),
    );
    for (const item of ["classA", "classB", "scratch", "messages", "cpu"] as const)
      expect(items[item]).toBeCloseTo(bill[item], 9);
    // Tables come to it.
    expect(keptPerMonth).toBeGreaterThan(bill.keptPerMonth);
  }
});

test("of fewer steps a track uses less, and never less than a track does", () => {
  const all = reckonUse({ apart: 8, together: 0 }).use;
  expect(all).toEqual(measuredUse.apart.use);
  expect(reckonUse({ apart: 0, together: 8 }).use).toEqual(measuredUse.together.use);
  const two = reckonUse({ apart: 2, together: 0 }).use;
  expect(two.classA).toBeLessThan(all.classA);
  expect(reckonUse({ apart: 0, together: 0 }).use).toMatchObject({ classA: 2, published: 2 });
});

test("a fleet without tracks costs nothing per track", () => {
  const { items } = priceFleet({ ...day, tracks: 0 }, spotPrices());
  expect([items.cpu, items.gpu, items.servers, items.database, items.cluster]).toEqual([0, 0, 0, 0, 0]);
});
