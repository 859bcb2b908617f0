import { Request, requestIdOf } from "@segue/contracts";
import { type ArtifactState, planMaster } from "@segue/plan";
import { expect, test } from "vitest";
import { chain, masterOf, trackId } from "../fixtures/chain.ts";
import { planItem } from "./plan-item.ts";

const [backfillId, now] = [trackId(99), new Date()];
/** For a track that wanted `tempo` alone. */
function plan(targets: string[], states: Record<string, ArtifactState>, force: string[] = []) {
  const wants = chain.wantsFor(["tempo"]).map(({ name }) => name);
  const masterPlan = planMaster(
    chain,
    targets,
    (kind) => states[chain.producerOf(kind)?.name ?? ""] ?? "missing",
    new Set(force),
  );
  const track = {
    id: trackId(1),
    owner: "acme",
    master: masterOf(1),
    targets: ["tempo"],
    wants,
    plan: masterPlan,
  };
  return planItem(chain, track, { backfillId, targets, now });
}
const made = { decode: "present", downsample: "present", tempo: "present" } as const;

test("nothing is asked of a track that has all, and wanted all", () => {
  expect(plan(["tempo"], made)).toBeUndefined();
});

test("a new target is asked for with the way to it, where it is planned to be", () => {
  const request = Request.parse(plan(["aac"], made)?.request);
  expect(request).toMatchObject({
    cause: "backfill",
    owner: "acme",
    targets: ["aac"],
    force: [],
    priority: "backfill",
  });
  expect(request.wants).toEqual(chain.wantsFor(["aac"]).map(({ name }) => name));
  const planned = chain.addressesFor(masterOf(1));
  expect(request.addresses).toEqual({ pcm: planned.get("pcm"), aac: planned.get("aac") });
  expect(request.versions).toEqual({ decode: 1, encode: 1 });
});

test("it is the same request whoever plans it", () => {
  expect(plan(["aac"], made)?.request.requestId).toBe(requestIdOf(backfillId, trackId(1)));
});

test("what was made for another track of the same bytes is asked for all the same: this one had not asked", () => {
  expect(plan(["aac"], { ...made, encode: "present" })?.request.wants).toContain("encode");
});

test("expired intermediates on the way run again for that reason, forced steps are forced", () => {
  expect(plan(["aac"], { ...made, decode: "expired" })?.runs).toMatchObject({ decode: "expired" });
  const forced = plan(["tempo"], made, ["tempo"]);
  expect(forced?.request).toMatchObject({ force: ["tempo"], targets: ["tempo"] });
  expect(forced?.runs).toEqual({ tempo: "forced" });
});
