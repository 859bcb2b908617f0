import { readTrack } from "@segue/catalog-db";
import { outcomesTopic, tracksTopic } from "@segue/chain";
import type { PayloadRef } from "@segue/contracts";
import { expect, test } from "vitest";
import { startWithCloud } from "./fixtures/catalog-with-cloud.ts";
import { chain, names, outcome } from "./fixtures/chain.ts";

const body = Buffer.from("what a step has made");
const roles = { decode: "scratch", downsample: "scratch", encode: "assets" } as const;

test("intermediates are deleted when their track has come to rest, and nothing else is", async () => {
  await using cloud = await startWithCloud(chain, 60_000);
  const { store } = cloud;
  /** As the steps of a track would leave their payloads. */
  const makePayloads = async (master: string) => {
    const payloads = new Map<string, PayloadRef>();
    for (const [step, role] of Object.entries(roles)) {
      const ref = { bucket: names.bucket(role), name: `${master}.${step}` };
      const { sizeBytes, crc32c } = await store.writeObject({ ...ref, body, createOnly: true });
      payloads.set(step, { ...ref, sizeBytes, crc32c, contentType: "audio/wav" });
    }
    return payloads;
  };
  const tell = async ({ trackId, master }: { trackId: string; master: string }, steps: readonly string[]) => {
    const payloads = await makePayloads(master);
    for (const step of steps) {
      const { address } = outcome(1, step);
      const made = { status: "succeeded", facts: {}, payload: payloads.get(step) ?? null } as const;
      const own = {
        at: new Date().toISOString(),
        address: `${master.slice(0, 8)}${address.slice(8)}`,
        outcome: made,
      };
      await cloud.publish(outcomesTopic, { ...outcome(1, step), trackId, master, ...own });
    }
    return payloads;
  };
  const [done, open] = [await cloud.track(0, "done"), await cloud.track(1_000, "open")];
  for (const track of [done, open]) await cloud.publish(tracksTopic, track);
  const { wants } = done.request;
  const kept = await tell(open, wants.slice(0, -1));
  const made = await tell(done, wants);
  const left = async (payloads: ReadonlyMap<string, PayloadRef>) => {
    const found = [];
    for (const [step, ref] of payloads) if (await store.statObject(ref)) found.push(step);
    return found;
  };
  await expect.poll(async () => (await readTrack(cloud.pool, done.trackId))?.state).toBe("done");
  await expect.poll(() => left(made)).toEqual(["encode"]);
  expect((await readTrack(cloud.pool, open.trackId))?.state).toBe("processing");
  expect(await left(kept)).toEqual(Object.keys(roles));
});
