import { ChainStepList } from "@segue/contracts";
import { expect, test } from "vitest";
import { startLocalApi } from "../fixtures/local-api.ts";

test("steps are told in the order of the chain, with the kinds that lead from one to the other", async () => {
  await using api = await startLocalApi();
  const { steps } = ChainStepList.parse(await (await fetch(`${api.url}/v1/steps`)).json());
  const edges = steps.map(({ name, consumes, produces }) => `${consumes.join("+")} -${name}-> ${produces}`);
  expect(edges.sort()).toEqual([
    "master -decode-> pcm",
    "master+pcm -encode-> aac",
    "mono16k -tempo-> tempo",
    "pcm -downsample-> mono16k",
  ]);
  const made = new Set(["master"]);
  for (const { name, consumes, produces } of steps) {
    expect([name, consumes.filter((kind) => !made.has(kind))]).toEqual([name, []]);
    for (const kind of produces) made.add(kind);
  }
  const { chain } = api.context;
  const tempo = chain.step("tempo");
  expect(steps.find(({ name }) => name === "tempo")).toMatchObject({
    ...{ version: tempo.version, service: chain.serviceOf("tempo"), budget: tempo.budget, model: null },
  });
});
