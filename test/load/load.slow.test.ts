// The short form of `npm run load`.
import { expect, test } from "vitest";
import { parseLoadOptions } from "./options.ts";
import { formatReport } from "./report.ts";
import { runLoad } from "./run-load.ts";

async function expectNothingLost(args: readonly string[]) {
  const result = await runLoad(parseLoadOptions(args), () => {});
  expect(
    result.checks.filter(({ violations }) => violations.length > 0),
    formatReport(result),
  ).toEqual([]);
  return result;
}

test("of clients that try again, over connections that are cut and an API that is killed, nothing is lost or doubled", async () => {
  const { storm, ends } = await expectNothingLost(["--posts", "800", "--clients", "128", "--kills", "3"]);
  // A run in which nothing was disturbed proves nothing.
  expect([ends.killed, ends.drained]).toEqual([2, 1]);
  expect(storm.others.get("no answer")).toBeGreaterThan(0);
  expect(storm.others.get("given up by its client")).toBeGreaterThan(0);
  expect(storm.others.get("422 idempotency-key-reused")).toBeGreaterThan(0);
});

test("with the whole chain's steps, neither", async () => {
  const { ends } = await expectNothingLost([
    ...["--posts", "60", "--clients", "16", "--kills", "1"],
    ...["--fleet", "project", "--seed", "2"],
  ]);
  expect(ends.killed).toBe(1);
});
