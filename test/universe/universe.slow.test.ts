import { afterAll, beforeAll, expect, test } from "vitest";
import { findOne } from "./plants/find-plants.ts";
import { plants } from "./plants/index.ts";
import { type Elsewhere, openElsewhere } from "./play/play-in-workers.ts";

let elsewhere: Elsewhere;
beforeAll(async () => {
  elsewhere = await openElsewhere();
});
afterAll(() => elsewhere[Symbol.asyncDispose]());

test.each(plants)("a planted bug is found within 200 seeds: $name", async (plant) => {
  const { by } = await findOne(elsewhere, plant, "1..200", 1 / 6);
  expect(by?.breach).toBeDefined();
});
