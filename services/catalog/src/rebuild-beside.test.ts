import { createLedgers } from "@segue/artifacts";
import { readHistory } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { Aac, type ArtifactRecord, Master, ownKindOf, Pcm, trackObjectName } from "@segue/contracts";
import { expect, test } from "vitest";
import { accepted, names, outcome } from "./fixtures/chain.ts";
import { startTestPool } from "./fixtures/test-pool.ts";
import { startTestStorage } from "./fixtures/test-storage.ts";
import { rebuildFromStorage } from "./rebuild-from-storage.ts";
import { packTracks } from "./rederive-tracks.ts";

const decode = stepSpec("decode", [Master], Pcm);
const encode = stepSpec("encode", [Pcm], Aac);
const chain = createChain([decode, { ...encode, version: 2 }]);
const before = createChain([decode, encode]);
const track = accepted(1, { targets: ["aac"], wants: ["decode", "encode"] });

function recordIn(own: typeof chain, name: string): ArtifactRecord {
  const step = own.step(name);
  const addresses = own.addressesFor(track.master);
  const inputs = Object.values(step.consumes).map((kind) => [kind.name, addresses.get(kind.name) ?? ""]);
  return {
    ...{ v: 1, kind: ownKindOf(step), address: addresses.get(ownKindOf(step)) ?? "" },
    step: { name, version: step.version },
    inputs: Object.fromEntries(inputs),
    outcome: { status: "succeeded", facts: {}, payload: null },
    attempt: outcome(1, "decode").attempt,
  };
}

test.each(testDatabases)(
  "on an $name, another catalog packs nothing while one is made anew, which asks whose artifacts are",
  async (kind) => {
    await using storage = await startTestStorage(["records", "assets"]);
    const { store } = storage;
    await using database = await startTestPool(kind);
    const { pool } = database;
    const ref = { bucket: names.bucket("records"), name: trackObjectName(track.trackId) };
    await store.writeObject({ ...ref, body: Buffer.from(JSON.stringify(track)), createOnly: true });
    const kept = [recordIn(chain, "decode"), recordIn(chain, "encode")];
    await createLedgers(store, names)
      .of(track.master)
      .add(kept.map((record) => ({ record, replace: false })));
    const earlier = recordIn(before, "encode");
    await store.writeObject({
      ...{ bucket: names.bucket("assets"), name: `${earlier.address}.${Aac.payload.extension}` },
      ...{
        body: Buffer.from("aac"),
        metadata: { "segue-record": JSON.stringify(earlier) },
        createOnly: true,
      },
    });
    const beside = {
      ...store,
      async *walkObjects(...walked: Parameters<typeof store.walkObjects>) {
        await packTracks(pool, chain);
        yield* store.walkObjects(...walked);
      },
    };
    await rebuildFromStorage({ pool, store: beside, names, chain });
    const { attempts } = await readHistory(pool, track.trackId);
    expect(attempts.map(({ step, version }) => `${step} ${version}`).toSorted()).toEqual([
      "decode 1",
      "encode 1",
      "encode 2",
    ]);
  },
);
