// The short form of `npm run chaos`, with two processes per service; the long one is `npm run chaos -- --minutes 20`.
import { test } from "vitest";
import { expectToSurvive } from "./expect-to-survive.ts";

test("with a twin beside every worker no track is lost and no result differs", () =>
  expectToSurvive(["--minutes", "0.6", "--preemptions", "6", "--tracks", "10", "--seed", "1"]));

test("with workers of both placements on one queue, neither", () =>
  expectToSurvive([
    ...["--minutes", "0.4", "--preemptions", "6", "--tracks", "6", "--seed", "2"],
    ...["--replicas", "1", "--placed", "both"],
  ]));
