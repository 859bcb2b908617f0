import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { plants } from "./index.ts";
import { changesOf, plantIn } from "./plant.ts";

const root = new URL("../../../", import.meta.url);

test.each(plants)("$name fits the product as it is, once", (plant) => {
  for (const change of changesOf(plant)) {
    const source = readFileSync(new URL(change.file, root), "utf8");
    expect(plantIn(source, plant, change)).not.toBe(source);
  }
});

test("a plant that does not fit is told by its name", () => {
  const plant = { name: "nowhere", what: "", file: "some.ts", find: "x", put: "y" };
  expect(() => plantIn("x and x", plant)).toThrow("the plant nowhere finds its place 2 times in some.ts");
});
