import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, Master, Pcm } from "@segue/contracts";
import { expect, test } from "vitest";
import { deriveTrack } from "./derive-track.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, chain, failed, known, masterOf, outcome, replayed, requested } from "./fixtures/chain.ts";
import { mergeFacts } from "./rows.ts";
import { spentIntermediates } from "./spent-intermediates.ts";

const addresses = chain.addressesFor(masterOf(1));
const all = ["decode", "downsample", "tempo", "key", "encode"];
const madeBy = (kind: string) => ({
  master: masterOf(1),
  address: addresses.get(kind),
  madeAt: addresses.get(kind),
});
const intermediates = [madeBy("pcm"), madeBy("mono16k")];

function atHand(told: readonly ReturnType<typeof outcome>[], requests = [known(requested(1))]) {
  const { attempts } = mergeFacts(told.map(outcomeFacts));
  const track = { id: outcome(1, "decode").trackId, requests, attempts };
  return { ...track, ...deriveTrack(track, attempts, chain), master: masterOf(1) };
}

function spentBy(
  told: readonly ReturnType<typeof outcome>[],
  { requests = [known(requested(1))], justTold = told } = {},
) {
  return spentIntermediates([atHand(told, requests)], mergeFacts(justTold.map(outcomeFacts)), chain);
}

test("nobody needs intermediates any more when all that was asked for has ended, well or not", () => {
  const done = all.map((step) => outcome(1, step));
  expect(spentBy(done.slice(0, 4))).toEqual([]);
  expect(spentBy(done)).toEqual(intermediates);
  expect(spentBy([...done.slice(0, 4), outcome(1, "encode", failed())])).toEqual(intermediates);
  const blocked = [outcome(1, "decode"), outcome(1, "downsample", failed()), outcome(1, "encode")];
  expect(spentBy(blocked)).toEqual([madeBy("pcm")]);
});

test("what is made again needs them until it is made", () => {
  const done = all.map((step) => outcome(1, step));
  const replay = replayed(1, ["tempo"], 60);
  const requests = [known(requested(1)), known(replay, { isWatched: true })];
  expect(spentBy(done, { requests })).toEqual([]);
  const again = outcome(1, "tempo", { sec: 70, requestId: replay.requestId });
  expect(spentBy([...done, again], { requests })).toEqual(intermediates);
});

test("a track that nothing new was heard of is left alone", () => {
  const done = all.map((step) => outcome(1, step));
  expect(spentBy(done, { justTold: [] })).toEqual([]);
});

test("a track that is heard of after all its steps have ended is at rest then", () => {
  const derived = atHand(all.map((step) => outcome(1, step)));
  expect(spentIntermediates([derived], acceptedFacts(accepted(1)), chain)).toEqual(intermediates);
  expect(spentIntermediates([derived], acceptedFacts(accepted(2)), chain)).toEqual([]);
});

test("what is made together with something that is kept stays as well", () => {
  const Dust = defineKind({ ...Pcm, name: "dust" });
  const Husk = defineKind({ ...Pcm, name: "husk", retention: "derivative" });
  const mixed = createChain([
    stepSpec("decode", [Master], Pcm),
    stepSpec("cleave", [Pcm], { dust: Dust, husk: Husk }),
  ]);
  const made = mixed.addressesFor(masterOf(1));
  const wants = ["decode", "cleave"];
  const requests = [known(requested(1, { wants, targets: ["husk"] }))];
  const outputs = { dust: made.get("dust") ?? "", husk: made.get("husk") ?? "" };
  const told = [
    outcome(1, "decode"),
    { ...outcome(1, "decode"), step: "cleave", kind: "cleave", address: "c".repeat(64), outputs },
  ];
  const { attempts } = mergeFacts(told.map(outcomeFacts));
  const track = { id: outcome(1, "decode").trackId, requests, attempts };
  const derived = { ...track, ...deriveTrack(track, attempts, mixed), master: masterOf(1) };
  expect(derived.state).toBe("done");
  expect(spentIntermediates([derived], { attempts, tracks: [] }, mixed)).toEqual([madeBy("pcm")]);
});
