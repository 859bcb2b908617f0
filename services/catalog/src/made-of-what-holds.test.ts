// Of several results of a step the one holds that was made of what holds of its inputs, whichever ends last.
import { type Pool, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { Master, ownKindOf, Pcm } from "@segue/contracts";
import { planTracks } from "@segue/plan";
import { beforeEach, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "./facts-of.ts";
import {
  accepted,
  at,
  chain as before,
  failed,
  masterOf,
  outcome,
  requested,
  trackId,
} from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";

const after = createChain([
  { ...stepSpec("decode", [Master], Pcm), version: 2 },
  ...before.steps.filter(({ name }) => name !== "decode"),
]);
const [track, wants] = [trackId(1), ["decode", "downsample", "tempo"]];
const backfillId = "01900000-0000-7000-8001-000000000001";
const requestId = "01900000-0000-7000-8001-000000000002";

let pool: Pool;
const [kind = expect.unreachable()] = testDatabases;
usePool(kind, (started) => {
  pool = started.pool;
});

const addressIn = (chain: typeof before, step: string) =>
  chain.addressesFor(masterOf(1)).get(ownKindOf(chain.step(step))) ?? "";
type End = Parameters<typeof outcome>[2];
const tell = (chain: typeof before, step: string, end: End) =>
  applyFacts(
    pool,
    after,
    outcomeFacts(
      outcome(1, step, {
        ...{ version: chain.step(step).version, address: addressIn(chain, step) },
        outcome: { status: "succeeded", facts: {}, payload: null },
        ...end,
      }),
    ),
  );
const tempoNow = async () => (await readTrack(pool, track))?.outcomes.find(({ step }) => step === "tempo");

/** Made anew of a newer decoding, while a tempo that was asked for at first has still to come. */
beforeEach(async () => {
  await applyFacts(pool, before, acceptedFacts(accepted(1, { wants, targets: ["tempo"] })));
  await tell(before, "decode", { sec: 1, requestId: track });
  await tell(before, "downsample", { sec: 2, requestId: track });
  const again = {
    ...{ requestId, wants, targets: ["tempo"], cause: "backfill", backfillId, requestedAt: at(50) },
    versions: { decode: 2, downsample: 1, tempo: 1 },
  } as const;
  await applyFacts(pool, after, requestFacts(requested(1, again)));
  for (const [index, step] of wants.entries()) await tell(after, step, { sec: 100 + index, requestId });
  expect((await tempoNow())?.address).toBe(addressIn(after, "tempo"));
});

test("one that was made of the older decoding does not take its place, late as it ends", async () => {
  await tell(before, "tempo", { sec: 200, requestId: track });
  const [planned] = await planTracks(pool, after, { targets: ["tempo"], force: [], limit: 10 }, {});
  expect([(await tempoNow())?.address, planned?.plan.runs.size]).toEqual([addressIn(after, "tempo"), 0]);
});

test("nor is it a failed upgrade, if it fails; a failure of what is made of what holds is one", async () => {
  await tell(before, "tempo", { sec: 200, requestId: track, ...failed() });
  expect(await tempoNow()).toMatchObject({ status: "succeeded", failedUpgrade: null });
  await tell(after, "tempo", { sec: 300, requestId, ...failed() });
  expect(await tempoNow()).toMatchObject({ status: "succeeded", failedUpgrade: { version: 1 } });
});
