import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { Aac, Master, Mono16k, Pcm, Tempo } from "@segue/contracts";
import { expect, test } from "vitest";
import { type ArtifactState, planMaster } from "./plan-master.ts";

const chain = createChain([
  stepSpec("decode", [Master], Pcm),
  stepSpec("downsample", [Pcm], Mono16k),
  stepSpec("tempo", [Mono16k], Tempo),
  stepSpec("encode", [Master, Pcm], Aac),
]);

function plan(states: Record<string, ArtifactState>, targets = ["tempo", "aac"], forced: string[] = []) {
  const { runs, unreachable } = planMaster(
    chain,
    targets,
    (kind) => states[chain.producerOf(kind)?.name ?? ""] ?? "missing",
    new Set(forced),
  );
  return { runs: Object.fromEntries(runs), unreachable };
}

test("a new master: everything that the targets need, in the chain's order", () => {
  const { runs } = plan({});
  expect(Object.entries(runs)).toEqual([
    ["decode", "missing"],
    ["downsample", "missing"],
    ["tempo", "missing"],
    ["encode", "missing"],
  ]);
  expect(Object.keys(plan({}, ["aac"]).runs)).toEqual(["decode", "encode"]);
});

test("when all targets are there nothing runs, though every intermediate has expired", () => {
  const states = { decode: "expired", downsample: "expired", tempo: "present", encode: "present" } as const;
  expect(plan(states)).toEqual({ runs: {}, unreachable: [] });
});

test("a new version: the nearest ancestors that are there are used, expired ones are made again", () => {
  const fresh = { decode: "present", downsample: "present", tempo: "outdated", encode: "present" } as const;
  expect(plan(fresh).runs).toEqual({ tempo: "version" });
  const half = { ...fresh, decode: "expired" } as const;
  expect(plan(half).runs).toEqual({ tempo: "version" });
  const gone = { ...half, downsample: "expired" } as const;
  expect(plan(gone).runs).toEqual({ decode: "expired", downsample: "expired", tempo: "version" });
});

test("a raised version upstream changes everything below it, and nothing beside it", () => {
  const states = {
    decode: "present",
    downsample: "outdated",
    tempo: "outdated",
    encode: "present",
  } as const;
  expect(plan(states).runs).toEqual({ downsample: "version", tempo: "version" });
});

test("a known failure runs nothing that needs it, and is told; forced, it is tried again", () => {
  const states = { decode: "failed" } as const;
  expect(plan(states)).toEqual({ runs: {}, unreachable: ["tempo", "aac"] });
  expect(plan({ decode: "present", encode: "failed" })).toEqual({
    runs: { downsample: "missing", tempo: "missing" },
    unreachable: ["aac"],
  });
  expect(plan(states, ["aac"], ["decode"])).toEqual({
    runs: { decode: "forced", encode: "missing" },
    unreachable: [],
  });
});

test("forced: the named step runs though all is there, its expired inputs before it, nothing after it", () => {
  const states = { decode: "expired", downsample: "present", tempo: "present", encode: "present" } as const;
  expect(plan(states, ["tempo", "aac"], ["tempo"]).runs).toEqual({ tempo: "forced" });
  expect(plan(states, ["tempo", "aac"], ["downsample"]).runs).toEqual({
    decode: "expired",
    downsample: "forced",
  });
  // Not needed by the targets: not run.
  expect(plan(states, ["aac"], ["tempo"]).runs).toEqual({});
});
