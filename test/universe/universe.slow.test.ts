import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findOne } from "./plants/find-plants.ts";
import { plants } from "./plants/index.ts";
import { type Elsewhere, openElsewhere } from "./play/play-in-workers.ts";

/** All of them take half an hour (`npm run universe -- --plants`): here a part of them is played, another one for each commit. */
const parts = 6;
function partOfCommit(): number {
  try {
    const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
    return Number.parseInt(commit.slice(0, 8), 16) % parts;
  } catch {
    return 0;
  }
}

const part = partOfCommit();

let elsewhere: Elsewhere;
beforeAll(async () => {
  elsewhere = await openElsewhere();
});
afterAll(() => elsewhere[Symbol.asyncDispose]());

test.each(plants.filter((_, index) => index % parts === part))(
  "a planted bug is found within 200 seeds: $name",
  async (plant) => {
    const { by } = await findOne(elsewhere, plant, "1..200", 1 / 6);
    expect(by?.breach).toBeDefined();
  },
);
