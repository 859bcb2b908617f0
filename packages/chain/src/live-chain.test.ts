import { defineKind, describeStep, Master, type StepSpec, specOf } from "@segue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { createChain } from "./chain.ts";
import { createLiveChain } from "./live-chain.ts";
import { stepSpec } from "./testing.ts";

const kind = (
  name: string,
  retention: "intermediate" | "derivative" = "derivative",
  defaultTarget: boolean = true,
) => defineKind({ name, retention, payload: null, facts: z.unknown(), defaultTarget });
const [A, X, Y, Z] = [kind("a", "intermediate"), kind("x"), kind("y"), kind("z", "derivative", false)];
const base = createChain([stepSpec("to-a", [Master], A), stepSpec("to-x", [A], X)]);
/** As it comes out of storage. */
const stored = (step: StepSpec) => specOf(JSON.parse(JSON.stringify(describeStep(step))));
const toY = stored(stepSpec("to-y", [A], Y));
const toZ = stored(stepSpec("to-z", [Y], Z));

test("registered steps join, whatever order they come in, and leave again", () => {
  const chain = createLiveChain(base);
  expect(chain.update([toZ, toY])).toEqual([]);
  expect(chain.targets).toEqual(["x", "y", "z"]);
  expect(chain.defaultTargets).toEqual(["x", "y"]);
  expect(chain.wantsFor(["z"]).map(({ name }) => name)).toEqual(["to-a", "to-y", "to-z"]);
  expect(chain.addressesFor("0".repeat(64)).get("y")).toBe(
    createChain([...base.steps, stepSpec("to-y", [A], Y)])
      .addressesFor("0".repeat(64))
      .get("y"),
  );
  chain.update([]);
  expect(chain.targets).toEqual(["x"]);
  expect(() => chain.step("to-y")).toThrow('no step "to-y"');
});

test("of a step that the code has too, the higher version holds", () => {
  const chain = createLiveChain(base);
  chain.update([stored(stepSpec("to-x", [A], X, { version: 2 }))]);
  expect(chain.step("to-x").version).toBe(2);
  const newer = createLiveChain(createChain([stepSpec("to-a", [Master], A, { version: 3 })]));
  newer.update([stored(stepSpec("to-a", [Master], A, { version: 2 }))]);
  expect(newer.step("to-a").version).toBe(3);
});

test("a step that contradicts the others is left out with the reason, the others join", () => {
  const chain = createLiveChain(base);
  const other = stored(stepSpec("also-x", [Master], X));
  const orphan = stored(stepSpec("orphan", [kind("nothing")], kind("w")));
  expect(chain.update([other, toY, orphan])).toEqual([
    { step: "also-x", reason: '"x" is produced by to-x and by also-x' },
    { step: "orphan", reason: 'orphan consumes "nothing", which no step produces' },
  ]);
  expect(chain.targets).toEqual(["x", "y"]);
});

test("steps that are renamed or rewired together join together, though none of them fits alone", () => {
  const chain = createLiveChain(base);
  const B = kind("b", "intermediate");
  const together = [
    stored(stepSpec("to-a", [Master], B, { version: 2 })),
    stored(stepSpec("to-x", [B], X, { version: 2 })),
  ];
  expect(chain.update(together.slice(0, 1))).toEqual([
    { step: "to-a", reason: 'to-x consumes "a", which no step produces' },
  ]);
  expect(chain.update(together)).toEqual([]);
  expect(chain.wantsFor(["x"]).map(({ name, version }) => `${name}@${version}`)).toEqual([
    "to-a@2",
    "to-x@2",
  ]);
});

test("a newcomer pushes out nobody who takes part, wherever its name sorts, and not when that one is renewed", () => {
  const chain = createLiveChain(base);
  chain.update([toY]);
  const intruder = stored(stepSpec("also-y", [Master], Y));
  const left = [{ step: "also-y", reason: '"y" is produced by to-y and by also-y' }];
  expect(chain.update([intruder, toY])).toEqual(left);
  expect(chain.update([intruder, stored(stepSpec("to-y", [A], Y, { version: 2 }))])).toEqual(left);
  expect(chain.step("to-y").version).toBe(2);
  expect(chain.update([intruder])).toEqual([]);
});

test("steps that somebody holds from before a change are still known", () => {
  const chain = createLiveChain(base);
  chain.update([toY, toZ]);
  const [held, root] = [chain.step("to-y"), chain.step("to-a")];
  chain.update([stored(stepSpec("to-y", [A], Y, { version: 2 })), toZ]);
  const names = (steps: ReadonlySet<StepSpec>) => [...steps].map(({ name }) => name);
  expect(names(chain.ancestorsOf(held))).toEqual(["to-a"]);
  expect(names(chain.descendantsOf(held))).toEqual(["to-z"]);
  expect(names(chain.descendantsOf(root)).sort()).toEqual(["to-x", "to-y", "to-z"]);
  expect(chain.triggersOf(held).map(({ name }) => name)).toEqual(["a"]);
});

const Drawn = defineKind({
  name: "drawn",
  retention: "derivative",
  payload: { contentType: "application/json", extension: "json" },
  facts: z.unknown(),
  renderings: { svg: { by: "peaks-outline", replaces: "drawn-svg" } },
});
const toDrawn = stepSpec("drawn", [A], Drawn);
const toSvg = stored(stepSpec("drawn-svg", [Drawn], kind("drawn-svg")));

test("a step that the code's own kind has replaced by a rendering is wanted no more, though its workers still run", () => {
  const chain = createLiveChain(createChain([...base.steps, toDrawn]));
  expect(chain.update([toSvg, toY])).toEqual([]);
  expect(chain.targets).toEqual(["x", "drawn", "y"]);
  expect(chain.replacementOf("drawn-svg")).toEqual({ kind: Drawn, rendering: "svg" });
  expect(chain.presentTargets(["drawn-svg", "x", "drawn"])).toEqual(["drawn", "x"]);
  expect(chain.wantsFor(["drawn-svg"]).map(({ name }) => name)).toEqual(["to-a", "drawn"]);
  expect(() => chain.wantsFor(["drawn-png"])).toThrow('no target "drawn-png"');
});

test("where a kind that was plugged in replaces a step that was too, that counts when the step has been taken out", () => {
  const chain = createLiveChain(base);
  const drawn = stored(toDrawn);
  expect(chain.update([toSvg, drawn])).toEqual([]);
  expect(chain.targets).toEqual(["x", "drawn", "drawn-svg"]);
  expect(chain.replacementOf("drawn-svg")).toBeUndefined();
  expect(chain.presentTargets(["drawn-svg"])).toEqual(["drawn-svg"]);
  chain.update([drawn]);
  expect(chain.presentTargets(["drawn-svg"])).toEqual(["drawn"]);
  chain.update([]);
  expect(chain.replacementOf("drawn-svg")).toBeUndefined();
});
