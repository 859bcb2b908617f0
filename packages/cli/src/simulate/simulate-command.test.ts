import { expect, test } from "vitest";
import { z } from "zod";
import { runCli } from "../testing/run-cli.ts";

const Played = z.object({
  tracks: z.number(),
  services: z.array(z.object({ name: z.string(), paidCpuSec: z.number(), usedCpuSec: z.number() })),
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
  expect(stdout).toMatch(/\d+\.\d\d dollars of workers' CPUs per million tracks, at 0\.01 dollars/);
  expect(stdout).toMatch(/\nservice +workers +at most +busy +lost +preempted\n/);
  expect(stdout).toMatch(/\ndecode +\d/);
});

test("what is no number is refused with what was expected", async () => {
  const { code, stderr } = await runCli(["simulate", "--preempted", "often"]);
  expect(code).toBe(2);
  expect(stderr).toContain('expected a number from 0, got "often"');
});
