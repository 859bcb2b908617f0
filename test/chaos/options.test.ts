import { expect, test } from "vitest";
import { parseChaosOptions } from "./options.ts";

test("tracks follow from the minutes unless they are given", () => {
  expect(parseChaosOptions(["--minutes", "20", "--seed", "7"])).toMatchObject({
    minutes: 20,
    seed: 7,
    tracks: 240,
    pubsub: "local",
    placed: "default",
  });
  expect(parseChaosOptions(["--", "--tracks", "3"]).tracks).toBe(3);
});

test("a wrong option is told with what is expected", () => {
  expect(() => parseChaosOptions(["--minutes", "soon"])).toThrow(/expected a number/);
  expect(() => parseChaosOptions(["--pubsub", "kafka"])).toThrow(/local.*google/);
  expect(() => parseChaosOptions(["--placed", "anywhere"])).toThrow(/default.*economy.*both/);
  expect(() => parseChaosOptions(["--faults"])).toThrow(/faults/);
});
