import { expect, test } from "vitest";
import { Breach } from "../law/breach.ts";
import { linesAbout } from "./show-smallest.ts";

test("of a long trace the lines are shown that a breach is about, and the end", () => {
  const rest = Array.from({ length: 1_000 }, (_, index) => `${index}.000 mill-1.1 timer`);
  const about = [
    "3.000 world published 52 on toy.outcomes",
    "4.000 mill-1.1 is killed",
    '5.000 world fault: {"kind":"expire"}',
  ];
  const trace = [...about, "6.000 world published 521 on toy.outcomes", ...rest];
  const shown = linesAbout(
    trace,
    new Breach("every open track is owned", "press acks message 52 of a track"),
  );
  expect(shown.slice(0, 3)).toEqual(about);
  expect(shown).toHaveLength(3 + 40);
  expect(shown.at(-1)).toBe(rest.at(-1));
});
