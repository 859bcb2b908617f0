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

const lapses = "packs as soon as nobody keeps it from that";
const besides = ["packs", lapses, "is made anew, too, and packs when it has been"] as const;
const cases = testDatabases.flatMap((kind) => besides.map((what) => ({ ...kind, kind, what })));

test.each(cases)(
  "on an $name, nothing is packed while the catalog is made anew, which asks whose artifacts are: another one $what",
  async ({ kind, what }) => {
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
        if (what === "packs") await packTracks(pool, chain);
        else if (what !== lapses) await rebuildFromStorage({ pool, store, names, chain });
        for await (const object of store.walkObjects(...walked)) {
          if (what === lapses) await pool.query("update rebuilds set until = now() - interval '1 second'");
          yield object;
          if (what === lapses) await packTracks(pool, chain);
        }
      },
    };
    await rebuildFromStorage({
      pool,
      store: beside,
      names,
      chain,
      holdEveryMs: what === lapses ? 0 : 60_000,
    });
    const { attempts } = await readHistory(pool, track.trackId);
    expect(attempts.map(({ step, version }) => `${step} ${version}`).toSorted()).toEqual([
      "decode 1",
      "encode 1",
      "encode 2",
    ]);
    // When all have been made anew, it is.
    expect((await pool.query("select from packed_tracks")).rowCount).toBe(1);
  },
);
