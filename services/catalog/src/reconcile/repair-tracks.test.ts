import { createHash } from "node:crypto";
import { readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import { createId, lowestTrackId } from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome, withDrawing, withRendering } from "../fixtures/chain.ts";
import { beginQuiet, quietMs } from "../fixtures/quiet-track.ts";
import { mergeFacts } from "../rows.ts";

const outcomeOf = (step: string) => ({
  ...outcome(2, "decode"),
  step,
  kind: step,
  address: addressOfText(step),
});
const addressOfText = (text: string) => createHash("sha256").update(text).digest("hex");

describe.each(testDatabases)("on an $name", (kind) => {
  test("what the queue did not take was not sent: an outage makes no track stuck", async () => {
    await using begun = await beginQuiet(kind);
    const { pool, track, tasks, clock, queue } = begun;
    const look = async () => {
      clock.nowMs += 100 * quietMs;
      await begun.look();
    };
    const stuck = async () => (await readTrack(pool, track.trackId))?.stuck;
    queue.isAway = true;
    for (let times = 0; times < 5; times++) await expect(look()).rejects.toThrow("the queue is away");
    expect(await stuck()).toBeNull();
    queue.isAway = false;
    for (let times = 0; times < 5; times++) await look();
    expect(tasks).toHaveLength(2);
    expect(await stuck()).toContain("announced again 2 times");
  }, 300_000);

  test("a long run on an input that was made elsewhere than planned is seen to be under way", async () => {
    await using begun = await beginQuiet(kind);
    const { pool, track, tasks, options } = begun;
    const { trackId, master } = track;
    await applyFacts(pool, chain, outcomeFacts({ ...outcome(1, "decode"), trackId, master }));
    const pcm = "a".repeat(64);
    await options.amendments.note({ requestId: trackId, kind: "pcm" }, pcm);
    const spent = { cpuMs: 0, gpuMs: null, earlier: [] };
    const address = chain.addressesFor(master, { pcm }).get("mono16k") ?? "";
    await options.checkpoints.save(address, { number: 1, state: null, files: [], moved: {}, spent });
    await begun.look();
    // What is under way at one step says nothing of another.
    expect(tasks.map(({ step }) => step)).toEqual(["encode"]);
    await options.checkpoints.discard(address);
    begun.clock.nowMs += 2 * quietMs;
    await begun.look();
    expect(tasks.map(({ step }) => step)).toContain("downsample");
  }, 300_000);

  test("a track that a release from before left waiting for what is a rendering now comes to its end", async () => {
    await using begun = await beginQuiet(kind, withRendering);
    const { pool, tasks, track } = begun;
    const at = new Date(Date.now() - 9 * quietMs);
    const wants = ["decode", "waveform", "waveform-svg"];
    const drawn = accepted(2, {
      ...{ trackId: lowestTrackId(at), acceptedAt: at.toISOString(), wants, targets: ["waveform-svg"] },
    });
    const { trackId, master } = drawn;
    const ended = wants.slice(0, 2).map((step) => outcomeFacts({ ...outcomeOf(step), trackId, master }));
    await applyFacts(pool, withDrawing, mergeFacts([acceptedFacts(drawn), ...ended]));
    const read = () => readTrack(pool, trackId);
    expect(await read()).toMatchObject({ state: "processing", wants });
    await begun.look();
    expect(await read()).toMatchObject({
      state: "done",
      stuck: null,
      wants: ["decode", "waveform"],
      targets: ["waveform"],
    });
    // The other track is looked after as ever.
    expect(tasks.map(({ request }) => request.trackId)).toEqual([track.trackId]);
  }, 300_000);

  test.each([
    ["overwritten", "{"],
    ["of a younger release", '{"v":99}'],
  ])(
    "what is kept for one track and can't be read, since it is %s, is in no other's way",
    async (_what, text) => {
      await using begun = await beginQuiet(kind);
      const { pool, store, track, tasks, clock } = begun;
      const at = new Date(Date.parse(track.acceptedAt) + 1);
      const other = accepted(2, { trackId: lowestTrackId(at), acceptedAt: at.toISOString() });
      await applyFacts(pool, chain, acceptedFacts(other));
      const master = { bucket: names.bucket("masters"), name: other.master };
      await store.writeObject({ ...master, body: Buffer.from("sound"), createOnly: true });
      const address = chain.addressesFor(track.master).get("pcm") ?? "";
      const hold = { bucket: names.bucket("scratch"), name: `${address}.hold.json` };
      await store.writeObject({ ...hold, body: Buffer.from(text), createOnly: true });
      const taken = () => tasks.splice(0).map(({ request }) => request.master);
      await begun.look();
      expect(taken()).toEqual([other.master]);
      // It is not forgotten.
      await store.deleteObject(hold);
      clock.nowMs += 1.5 * quietMs;
      await begun.look();
      expect(taken()).toEqual([track.master]);
    },
  );

  const rest = ["downsample", "tempo", "key"];
  test.each([
    ["one has asked for all that it waits for", "running", [["decode", "encode", ...rest]], 0],
    [
      "two have between them",
      "running",
      [
        ["decode", "encode"],
        ["decode", ...rest],
      ],
      0,
    ],
    ["one has asked for a part of it", "running", [["decode", "encode"]], 1],
    ["one that has asked for all of it is paused", "paused", [["decode", "encode", ...rest]], 1],
  ])("a track without an owner and its backfills: %s", async (_what, state, asked, taken) => {
    await using begun = await beginQuiet(kind);
    const { pool, track, tasks } = begun;
    for (const runs of asked) {
      const [backfillId, requestId] = [createId(new Date()), createId(new Date())];
      await pool.query(
        `insert into backfills (id, targets, force, selection, in_flight, requested_at, state)
         values ($1, '{}', '{}', '{}', 1, now(), $2)`,
        [backfillId, state],
      );
      await pool.query(
        `insert into backfill_tracks (backfill_id, track_id, request_id, runs, announced_at, announce_again_at)
         values ($1, $2, $3, $4, now(), now())`,
        [backfillId, track.trackId, requestId, Object.fromEntries(runs.map((step) => [step, "missing"]))],
      );
    }
    await begun.look();
    expect(tasks).toHaveLength(taken);
  });
});
