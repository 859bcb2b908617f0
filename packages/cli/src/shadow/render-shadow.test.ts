import { expect, test } from "vitest";
import { renderShadow } from "./render-shadow.ts";
import type { ShadowReport } from "./run-shadow.ts";

const report: ShadowReport = {
  step: "tempo",
  kind: "tempo",
  versions: { old: [2], new: 3 },
  compared: 10,
  same: 10,
  changed: 0,
  facts: [],
  failures: [],
  durationMs: 120,
};
const example = { track: "t", old: 120, new: 121 };
const bpm = { path: "bpm", tracks: 2, meanDelta: 1, maxDelta: 1, example };

test("says how to promote or drop what changes results, and nothing of the sort where nothing changes", () => {
  expect(renderShadow(report)).not.toContain("promote");
  const changed = renderShadow({ ...report, same: 8, changed: 2, facts: [bpm] });
  expect(changed).toMatch(/^bpm +2 +1.00 +1.00 +120 -> 121 +t$/m);
  expect(changed).toMatch(/To promote it: .*segue make --targets tempo/);
  expect(changed).not.toContain("raise the number");
});

test("warns of results that change under a version that the fleet has: it would keep its own", () => {
  const versions = { old: [2, 3], new: 3 };
  expect(renderShadow({ ...report, versions, same: 8, changed: 2, facts: [bpm] })).toContain(
    "results of version 3 too, and would keep them: raise the number first",
  );
});
