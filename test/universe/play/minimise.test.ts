import { expect, test } from "vitest";
import { Breach } from "../law/breach.ts";
import { minimise } from "./minimise.ts";
import { drawPlan, near, type Plan } from "./plan.ts";

const law = "nothing accepted is lost";
const plan: Plan = { ...drawPlan(7, 1), distanceMs: 80, placed: "default", isSkewed: false };
const hasBoth = ({ faults, errands, troubles }: Plan) =>
  faults.some(({ kind }) => kind === "expire") &&
  errands.some(({ key }) => key === "track-3") &&
  troubles.lostAck === plan.troubles.lostAck;

test("a failure is made as small as what it needs", async () => {
  const attempt = async (smaller: Plan) => ({
    breach: hasBoth(smaller) ? new Breach(law, "a track") : undefined,
    events: 100,
  });
  const smallest = await minimise(plan, new Breach(law, "a track"), attempt);
  expect(smallest.isSmallest).toBe(true);
  expect(smallest.plan.faults.map(({ kind }) => kind)).toEqual(["expire"]);
  expect(smallest.plan.errands.map(({ key }) => key)).toEqual(["track-3"]);
  expect(smallest.plan.listingLagMs).toBe(0);
  expect(smallest.plan.distanceMs).toBe(near);
});

test("another law that is broken on the way is another failure", async () => {
  const attempt = async (smaller: Plan) => ({
    breach: new Breach(hasBoth(smaller) ? law : "nothing leaks", "a track"),
    events: 100,
  });
  const smallest = await minimise(plan, new Breach(law, "a track"), attempt);
  expect(hasBoth(smallest.plan)).toBe(true);
});

test("what comes after the breach goes at once, and it ends when its events are spent", async () => {
  const atMs = plan.lengthMs / 10;
  const seen: Plan[] = [];
  const attempt = async (smaller: Plan) => {
    seen.push(smaller);
    return { breach: new Breach(law, "a track", atMs), events: 1_000 };
  };
  const smallest = await minimise(plan, new Breach(law, "a track", atMs), attempt, 3_000);
  expect(smallest.tries).toBe(3);
  expect(smallest.isSmallest).toBe(false);
  expect(seen[0]?.lengthMs).toBe(atMs);
  expect([...(seen[0]?.faults ?? []), ...(seen[0]?.errands ?? [])].every((item) => item.atMs <= atMs)).toBe(
    true,
  );
});
