import { expect, test } from "vitest";
import { BucketObjects } from "./bucket-objects.ts";
import { Random } from "./random.ts";

const about = { contentType: undefined, metadata: {}, nowMs: 0, at: new Date(0) };

test("what begins with a name is listed in order, whatever came and went", () => {
  const objects = new BucketObjects();
  const random = new Random("names");
  const present = new Set<string>();
  const draw = () => ["a", "a/", "ab", "b/", ""][random.below(5)] + String(random.below(40));
  for (let round = 0; round < 400; round++) {
    const name = draw();
    if (random.chance(0.6)) {
      objects.put({ bucket: "x", name }, Buffer.from(name), about);
      present.add(name);
    } else expect(objects.delete({ bucket: "x", name })).toBe(present.delete(name));
    const [prefix, after] = [draw().slice(0, random.below(4)), random.chance(0.5) ? "" : draw()];
    const expected = [...present].filter((other) => other.startsWith(prefix) && other > after).toSorted();
    expect(objects.list("x", prefix, after).map(([found]) => found)).toEqual(expected);
  }
  expect(objects.list("nowhere")).toEqual([]);
});
