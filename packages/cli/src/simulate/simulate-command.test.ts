import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { runCli } from "../testing/run-cli.ts";

const Played = z.object({
  tracks: z.number(),
  services: z.array(z.object({ name: z.string(), paidCpuSec: z.number(), usedCpuSec: z.number() })),
  prices: z.object({ vcpu: z.number(), gpu: z.number() }),
  bill: z.object({ items: z.record(z.string(), z.number()), total: z.number(), keptPerMonth: z.number() }),
});
const play = async (args: readonly string[], env = {}) =>
  Played.parse(JSON.parse((await runCli(["simulate", "--json", ...args], undefined, env)).stdout));

test("the project's fleet is played in each placement; all of it is the work of its steps", async () => {
  const hour = await play(["--tracks", "2000", "--hours", "0.5"]);
  const together = await play(["--tracks", "2000", "--hours", "0.5"], { SEGUE_PLACEMENT: "economy" });
  expect(hour.services.map(({ name }) => name)).toContain("decode");
  expect(together.services.map(({ name }) => name)).toEqual(["analysis"]);
  const work = ({ services, tracks }: typeof hour) =>
    services.reduce((sum, service) => sum + service.usedCpuSec, 0) / tracks;
  expect(work(together) / work(hour)).toBeCloseTo(1, 1);
});

test("people are told how long tracks wait, what it takes, and what it costs", async () => {
  const { stdout, code } = await runCli(["simulate", "--tracks", "500", "--hours", "0.2", "--price", "0.01"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+ tracks in 0\.\d h: half of them done after \d+ s/);
  expect(stdout).toMatch(/\nworkers' CPUs, at 0\.01 per vCPU and hour +\d+\.\d\d\n/);
  // No step asks for a GPU.
  expect(stdout).not.toContain("GPU");
  const listed = stdout.slice(stdout.indexOf("dollars per million tracks")).split("\nall in");
  const items = [...(listed[0] ?? "").matchAll(/ (\d+\.\d\d)$/gm)].map(([, amount]) => Number(amount));
  expect(items.length).toBeGreaterThan(6);
  const total = Number(/^ +(\d+\.\d\d)/.exec(listed[1] ?? "")?.[1]);
  // Each is rounded to a cent.
  expect(Math.abs(items.reduce((sum, item) => sum + item, 0) - total)).toBeLessThan(
    0.005 * (items.length + 1),
  );
  expect(stdout).toMatch(/\nservice +workers +at most +busy +lost +preempted\n/);
  expect(stdout).toMatch(/\ndecode +\d/);
});

test("the part of workers' CPUs is what they were there for, by the price; other nodes have other prices", async () => {
  const load = ["--tracks", "500", "--hours", "0.2"];
  const played = await play([...load, "--price", "0.01"]);
  const paidSec = played.services.reduce((sum, service) => sum + service.paidCpuSec, 0);
  expect(played.bill.items.cpu).toBeCloseTo((((paidSec / 3_600) * 0.01) / played.tracks) * 1e6, 6);
  const itemsOf = ({ bill }: typeof played) => Object.values(bill.items).reduce((sum, item) => sum + item, 0);
  expect(played.bill.total).toBeCloseTo(itemsOf(played), 9);
  const [spot, onDemand] = [await play(load), await play([...load, "--on-demand"])];
  expect(onDemand.bill.items.cpu).toBeCloseTo(
    ((spot.bill.items.cpu ?? 0) * onDemand.prices.vcpu) / spot.prices.vcpu,
    6,
  );
  expect(onDemand.prices.vcpu).toBeGreaterThan(spot.prices.vcpu);
  expect(onDemand.bill.items.classA).toBe(spot.bill.items.classA);
  // What is fetched from a bucket passes neither the load balancer nor Cloud NAT.
  const passed = async (...args: string[]) => {
    const { bill } = await play([...load, ...args]);
    expect(bill.items.cpu).toBe(spot.bill.items.cpu);
    return [bill.items.posted, bill.items.fetched];
  };
  const [posted, fetched] = [expect.closeTo(71.5, 0), expect.closeTo(402.3, 0)];
  expect(await passed()).toEqual([posted, 0]);
  expect(await passed("--by-url")).toEqual([0, fetched]);
  expect(await passed("--by-url", "https")).toEqual([0, fetched]);
  expect(await passed("--by-url", "gs")).toEqual([0, 0]);
});

test("a service with a step that asks for a GPU has one for as long as its workers are there", async () => {
  const dir = await mkdtemp(join(import.meta.dirname, "fixture-"));
  try {
    const fleet = join(dir, "fleet.config.ts");
    await writeFile(
      fleet,
      `import { decodeService } from "@segue/decode";
import { downsampleService } from "@segue/downsample";
import { defineFleet, withSteps } from "@segue/step";
import { taggingService } from "@segue/tagging";
export default defineFleet({ decode: decodeService, downsample: downsampleService,
  tagging: withSteps(taggingService, (step) => ({ ...step, accelerator: "gpu" })) });
`,
    );
    const load = ["--tracks", "500", "--hours", "0.2"];
    const { bill, services, tracks } = await play([...load, "--fleet", fleet, "--gpu-price", "2"]);
    const tagging = services.find(({ name }) => name === "tagging");
    // Each of its workers has a core.
    const hours = (tagging?.paidCpuSec ?? 0) / 3_600;
    expect(hours).toBeGreaterThan(0);
    expect(bill.items.gpu).toBeCloseTo(((hours * 2) / tracks) * 1e6, 4);
    const { stdout } = await runCli(["simulate", ...load, "--fleet", fleet]);
    expect(stdout).toMatch(/\nworkers' GPUs, at 0\.224 per GPU and hour +\d/);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("more come in at the busiest hour of a day than at the quietest, and it can be drawn", async () => {
  const dir = await mkdtemp(join(tmpdir(), "simulate-"));
  const file = join(dir, "day.svg");
  try {
    const args = ["simulate", "--tracks", "4000", "--hours", "24", "--peak", "2", "--plot", file];
    expect((await runCli(args)).code).toBe(0);
    const svg = await readFile(file, "utf8");
    expect(svg).toMatch(/^<svg xmlns=/);
    for (const word of ["decode", "encode", "workers", "24 h"]) expect(svg).toContain(`>${word}<`);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const [line = ""] = svg.match(/<path d="M[^"]*" fill="none"[^>]*>/) ?? [];
    const heights = [...line.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, , y]) => Number(y));
    const meanOf = (values: readonly number[]) => values.reduce((sum, y) => sum + y, 0) / values.length;
    const sixth = Math.floor(heights.length / 6);
    // What is high is near to 0.
    const noon = meanOf(heights.slice(2.5 * sixth, 3.5 * sixth));
    expect(noon).toBeLessThan(meanOf(heights.slice(0, sixth)));
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("only what is needed for the targets is played; one that there is not is refused", async () => {
  const { services } = await play(["--targets", "aac", "--tracks", "100", "--hours", "0.1"]);
  expect(services.map(({ name }) => name)).toEqual(["decode", "encode"]);
  const { code, stderr } = await runCli(["simulate", "--targets", "nothing"]);
  expect(code).toBe(2);
  expect(stderr).toContain('no target "nothing"; there are: tempo');
});

test("what is no number is refused with what was expected", async () => {
  const { code, stderr } = await runCli(["simulate", "--preempted", "often"]);
  expect(code).toBe(2);
  expect(stderr).toContain('expected a number from 0, got "often"');
  const peak = await runCli(["simulate", "--peak", "3"]);
  expect(peak.code).toBe(2);
  expect(peak.stderr).toContain('expected a number from 1 to 2, got "3"');
});

test("no service has more workers than the chart lets it, unless it is said, and where that holds tracks up it is told", async () => {
  const load = ["simulate", "--tracks", "6000", "--hours", "0.2"];
  const economy = { SEGUE_PLACEMENT: "economy" };
  const Limited = z.object({
    services: z.tuple([
      z.object({ replicas: z.object({ most: z.number() }), limit: z.number(), limitedSec: z.number() }),
    ]),
    latencySec: z.object({ p50: z.number() }),
  });
  const playWith = async (...args: string[]) =>
    Limited.parse(JSON.parse((await runCli([...load, "--json", ...args], undefined, economy)).stdout));
  const usual = await playWith();
  const {
    services: [more],
    latencySec,
  } = await playWith("--max-replicas", "500");
  expect(usual.services[0]).toMatchObject({ limit: 50, replicas: { most: 50 } });
  expect(usual.services[0].limitedSec).toBeGreaterThan(60);
  expect(more.replicas.most).toBeGreaterThan(50);
  expect([more.limit, more.limitedSec]).toEqual([500, 0]);
  expect(usual.latencySec.p50).toBeGreaterThan(2 * latencySec.p50);
  const { stdout } = await runCli(load, undefined, economy);
  expect(stdout).toMatch(/\nanalysis: more than its limit of 50 workers were wanted for \d+ min/);
  expect((await runCli([...load, "--max-replicas", "500"], undefined, economy)).stdout).not.toContain(
    "its limit",
  );
  expect(await runCli([...load, "--max-replicas", "1.5"])).toMatchObject({ code: 2 });
});
