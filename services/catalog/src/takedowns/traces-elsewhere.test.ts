import { createTrackObjects } from "@segue/artifacts";
import { createDeliveryQueue, type Pool, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createId, type Request } from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts } from "../facts-of.ts";
import { accepted, chain, names } from "../fixtures/chain.ts";
import { type TakedownBench, useTakedownBench } from "../fixtures/takedown-bench.ts";
import type { TestStorage } from "../fixtures/test-storage.ts";
import { addWebhook, reading } from "../fixtures/webhooks.ts";
import { healTracks } from "./heal-tracks.ts";

describe.each(testDatabases)("what a takedown touches beside its tracks, on an $name", (kind) => {
  let pool: Pool;
  let storage: TestStorage;
  let bench: TakedownBench;
  useTakedownBench(kind, (opened) => {
    ({ pool, storage, bench } = opened);
  });

  test("a track that came while its master was removed is made anew, by one request whoever dies on the way", async () => {
    const { parts, ask, until, make } = bench;
    const { track, id } = await make(1);
    const takedown = await ask({ tracks: [id] });
    await until(takedown, "removed");
    const late = accepted(1, { trackId: createId(new Date()), acceptedAt: new Date().toISOString() });
    expect(late.master).toBe(track.master);
    await createTrackObjects(storage.store, names).create(late);
    await applyFacts(pool, chain, acceptedFacts(late));

    const taken: Request[] = [];
    const { requests, log, take } = parts();
    const heal = (dies: boolean) =>
      healTracks(
        {
          ...{ pool, chain, requests, log },
          async take(request) {
            taken.push(request);
            if (dies) throw new Error("the catalog dies");
            await take(request);
          },
        },
        takedown,
      );
    await expect(heal(true)).rejects.toThrow("the catalog dies");
    expect(await heal(false)).toBe(1);
    const [first, second] = taken;
    expect(second).toEqual(first);
    expect(first).toMatchObject({ trackId: late.trackId, cause: "replay", force: first?.wants });
    expect(first?.wants).toEqual(late.request.wants);
    const { rows } = await pool.query(
      "select request_id from requests where track_id = $1 and cause = 'replay'",
      [late.trackId],
    );
    expect(rows).toEqual([{ request_id: first?.requestId }]);
    expect(await heal(false)).toBe(0);
    expect((await readTrack(pool, late.trackId))?.id).toBe(late.trackId);
  });

  test("what webhooks were sent of a track goes from their logs, but that it was deleted", async () => {
    const { ask, until, make } = bench;
    const types = ["track.accepted", "track.done", "track.deleted"];
    const webhook = await addWebhook(pool, "https://receiver.example/hook", types);
    const { id } = await make(1);
    const other = await make(2);
    const told = async (trackId: string) => {
      while (await createDeliveryQueue(pool).fanOut());
      const log = await reading(() => pool).logOf(webhook.id);
      return log.filter((delivery) => delivery.trackId === trackId).map(({ type }) => type);
    };
    expect(await told(id)).toContain("track.accepted");
    await until(await ask({ tracks: [id] }), "removed");
    expect(await told(id)).toEqual(["track.deleted"]);
    expect(await told(other.id)).toContain("track.accepted");
  });
});
