import { expect } from "vitest";
import { countPreemptions } from "./ledger.ts";
import { parseChaosOptions } from "./options.ts";
import { formatReport } from "./report.ts";
import { runChaos } from "./run-chaos.ts";

/** Runs chaos and expects that all held which a machine may not hold up. */
export async function expectToSurvive(args: readonly string[]): Promise<void> {
  const options = parseChaosOptions(args);
  const result = await runChaos(options, () => {});
  const violated = result.checks.filter(({ violations, isTimed }) => violations.length > 0 && !isTimed);
  expect(violated, formatReport(result)).toEqual([]);
  // A run that injects nothing proves nothing.
  expect(countPreemptions(result.ledger)).toBeGreaterThanOrEqual(Math.max(1, options.preemptions));
  expect(result.storm.objects.digests.size).toBeGreaterThan(options.tracks);
}
