import { defineKind, Master } from "@segue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineStep } from "./define-step.ts";
import { defineFleet, isServer } from "./fleet.ts";
import { defineServer, type Services } from "./service.ts";

const kind = (name: string) =>
  defineKind({ name, retention: "derivative", payload: null, facts: z.object({}) });
const step = (name: string) =>
  defineStep({
    ...{ name, version: 1, consumes: { master: Master }, produces: kind(`${name}-made`) },
    budget: { timeMs: 1_000, memoryMiB: 64 },
    setup: async () => null,
    run: () => ({}),
  });
const [a, b, c, d] = ["a", "b", "c", "d"].map(step) as [
  ReturnType<typeof step>,
  ReturnType<typeof step>,
  ReturnType<typeof step>,
  ReturnType<typeof step>,
];
const api = defineServer({ name: "api", start: () => Promise.reject(new Error("it is not started")) });
const services = { api, first: [a], second: [b, c], third: [d] };

const listed = (placed: Services | undefined) =>
  [...(placed ?? [])].map(([name, service]) => [
    name,
    isServer(service) ? "server" : service.steps.map((each) => each.name),
  ]);

test("a placement puts the steps of services together; the others, and the chain, stay as they are", () => {
  const { placements, chain } = defineFleet(services, { together: { both: ["first", "second"] } });
  expect([...placements.keys()]).toEqual(["default", "together"]);
  expect(listed(placements.get("default"))).toEqual([
    ["api", "server"],
    ["first", ["a"]],
    ["second", ["b", "c"]],
    ["third", ["d"]],
  ]);
  expect(listed(placements.get("together"))).toEqual([
    ["api", "server"],
    ["third", ["d"]],
    ["both", ["a", "b", "c"]],
  ]);
  // Where tasks go does not depend on it.
  expect(["a", "b", "d"].map(chain.serviceOf)).toEqual(["first", "second", "third"]);
});

type Wrong = Readonly<Record<string, readonly (keyof typeof services)[]>>;

test.each<[string, Wrong, string]>([
  ["what is no service", { group: ["first", "fourth" as "first"] }, "got fourth"],
  ["a server", { group: ["api"] }, "left (first, second, third), got api"],
  ["a service twice", { group: ["first"], other: ["first"] }, "other: expected services"],
  ["its own by the name of one that stays", { third: ["first"] }, "there is a service third already"],
])("a placement that names %s is refused in words", (_what, groups, words) => {
  expect(() => defineFleet(services, { wrong: groups })).toThrow(words);
});

test("a service that is taken apart may lend its name", () => {
  const { placements } = defineFleet(services, { same: { first: ["first", "third"] } });
  expect(listed(placements.get("same"))).toContainEqual(["first", ["a", "d"]]);
});
