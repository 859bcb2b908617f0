import { type ArtifactState, planMaster } from "@segue/plan";
import { expect, test } from "vitest";
import { chain } from "../fixtures/chain.ts";
import { planAnnouncement } from "./plan-announcement.ts";

/** For a track that wanted `tempo` alone. */
function announce(targets: string[], states: Record<string, ArtifactState>, force: string[] = []) {
  const wants = chain.wantsFor(["tempo"]).map(({ name }) => name);
  const plan = planMaster(chain, targets, (step) => states[step] ?? "missing", new Set(force));
  return planAnnouncement(chain, { id: "t", master: "m", targets: ["tempo"], wants, plan }, targets);
}
const made = { decode: "present", downsample: "present", tempo: "present" } as const;

test("nothing is announced of a track that has all, and wanted all", () => {
  expect(announce(["tempo"], made)).toBeUndefined();
});

test("a new target is wanted from now on, with the way to it", () => {
  const announcement = announce(["aac"], made);
  expect(announcement).toMatchObject({ force: [], rebuild: [], widened: { targets: ["tempo", "aac"] } });
  expect(announcement?.steps).toEqual(chain.wantsFor(["aac"]).map(({ name }) => name));
  expect(announcement?.widened?.wants).toContain("tempo");
});

test("what was made for another track of the same bytes is announced all the same: this one had not asked", () => {
  expect(announce(["aac"], { ...made, encode: "present" })?.steps).toContain("encode");
});

test("expired intermediates on the way are rebuilt, forced steps forced", () => {
  expect(announce(["aac"], { ...made, decode: "expired" })?.rebuild).toEqual(["decode"]);
  const forced = announce(["tempo"], made, ["tempo"]);
  expect(forced).toMatchObject({ force: ["tempo"], widened: undefined });
});
