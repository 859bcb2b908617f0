import { expect, test } from "vitest";
import { hashOf, parseRoute, type Route } from "./routes.ts";

test("each place has a URL that leads back to it", () => {
  const places: Route[] = [
    { page: "tracks" },
    { page: "track", id: "01900000-0000-7000-8000-000000000001" },
    { page: "track", id: "a/b %" },
    { page: "search", query: "" },
    { page: "search", query: "bpm=120..128&words=a%2Fb" },
    { page: "fleet" },
    { page: "backfills" },
    { page: "failed" },
    { page: "api" },
  ];
  for (const place of places) expect(parseRoute(hashOf(place))).toEqual(place);
});

test("what is no place leads to the tracks", () => {
  for (const hash of [
    "",
    "#",
    "#/",
    "#/nowhere",
    "#/nowhere/x",
    "#main",
    "#/tracks/.",
    "#/tracks/..",
    "#/tracks/%2e%2E",
  ])
    expect(parseRoute(hash)).toEqual({ page: "tracks" });
  expect(parseRoute("#/tracks/%")).toEqual({ page: "track", id: "%" });
});
