// The shortest form of `npm run chaos`: one process per service, and a storm that ends with its last fault.
import { test } from "vitest";
import { expectToSurvive } from "./expect-to-survive.ts";

test("under preemptions, outages and replays no track is lost and no result differs", () =>
  expectToSurvive([
    "--minutes",
    "0.2",
    "--preemptions",
    "4",
    "--tracks",
    "6",
    "--replicas",
    "1",
    "--seed",
    "5",
  ]));
