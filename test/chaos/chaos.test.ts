// The short form of `pnpm chaos`; the long one is `pnpm chaos --minutes 20`.
import { expect, test } from "vitest";
import { countPreemptions } from "./ledger.ts";
import { parseChaosOptions } from "./options.ts";
import { formatReport } from "./report.ts";
import { runChaos } from "./run-chaos.ts";

test("under preemptions, outages and replays no track is lost and no result differs", async () => {
  const options = parseChaosOptions(["--minutes", "0.6", "--tracks", "10", "--seed", "1"]);
  const result = await runChaos(options, () => {});
  const violated = result.checks.filter(({ violations }) => violations.length > 0);
  expect(violated, formatReport(result)).toEqual([]);
  // A run that injects nothing proves nothing.
  expect(countPreemptions(result.ledger)).toBeGreaterThanOrEqual(5);
  expect(result.storm.objects.digests.size).toBeGreaterThan(10);
});
