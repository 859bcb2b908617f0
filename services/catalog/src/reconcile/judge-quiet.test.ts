import { testDatabases } from "@segue/catalog-db/testing";
import { lowestTrackId, StepError } from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, at, chain, outcome } from "../fixtures/chain.ts";
import { beginQuiet, quietMs } from "../fixtures/quiet-track.ts";
import { mergeFacts } from "../rows.ts";
import { idleBatch } from "./judge-quiet.ts";
import { repairTracks } from "./repair-tracks.ts";

const starved = {
  ...{ error: new StepError("starved", "it mostly waited for a core"), worker: "w", isSuspect: false },
};

/** Others with the master of one, accepted after it. */
function manyMore(count: number, master: string) {
  return Array.from({ length: count }, (_, i) => {
    const acceptedAt = new Date(Date.now() - 9 * quietMs + i);
    return accepted(2, {
      trackId: lowestTrackId(acceptedAt),
      acceptedAt: acceptedAt.toISOString(),
      master,
    });
  });
}

describe.each(testDatabases)("on an $name", (kind) => {
  test("of a step that has stopped, storage is asked for a round's worth of tracks, and not for what is known to be put off", async () => {
    await using begun = await beginQuiet(kind);
    const { pool, track, tasks, clock, options } = begun;
    const many = Array.from({ length: 3 * idleBatch }, (_, i) => {
      const at = new Date(Date.now() - 9 * quietMs + i);
      return accepted(2, { trackId: lowestTrackId(at), acceptedAt: at.toISOString(), master: track.master });
    });
    await applyFacts(pool, chain, mergeFacts(many.map(acceptedFacts)));
    let asked = 0;
    const { checkpoints } = options;
    const counting = {
      ...checkpoints,
      async lastSavedAt(address: string) {
        asked += 1;
        return await checkpoints.lastSavedAt(address);
      },
    };
    const look = async () => {
      asked = 0;
      clock.nowMs = Date.now();
      await repairTracks({ ...options, checkpoints: counting });
    };
    await look();
    expect(asked).toBe(idleBatch);
    expect(tasks).toHaveLength(idleBatch);

    // All of them have one master: what is put off for one is for all, and each is asked for once until then.
    const address = chain.addressesFor(track.master, {}).get("pcm") ?? "";
    const error = new StepError("starved", "it mostly waited for a core");
    const noted = {
      error,
      worker: "w",
      isSuspect: false,
      now: new Date(clock.nowMs),
      atLeastMs: quietMs / 2,
    };
    await options.holds.note({ address, pieces: { from: 0, to: 1 } }, noted);
    const dueAgain = () => pool.query("update track_watches set next_look_at = now() - interval '1 minute'");
    await dueAgain();
    await look();
    expect(asked).toBe(many.length + 1);
    await dueAgain();
    await look();
    expect(asked).toBe(0);
    expect(tasks).toHaveLength(idleBatch);
  }, 300_000);

  test("what waits for one stopped step has its turn, however many wait for another", async () => {
    await using begun = await beginQuiet(kind);
    const { pool, track, tasks, clock, options } = begun;
    // With pauses of an hour, and looks each half hour, two rounds are all that ever comes by.
    const pace = { quietMs: 30 * quietMs, maxIdleAnnouncements: 100 };
    const [lost, ...others] = manyMore(3 * idleBatch, track.master).toReversed();
    if (!lost) throw new Error("expected a track");
    const decoded = outcomeFacts({ ...outcome(2, "decode"), trackId: lost.trackId, master: lost.master });
    await applyFacts(pool, chain, mergeFacts([...[lost, ...others].map(acceptedFacts), decoded]));
    for (let round = 0; round < 4; round++) {
      clock.nowMs += pace.quietMs + 60_000;
      await repairTracks({ ...options, ...pace });
    }
    const sent = tasks.filter(({ request }) => request.trackId === lost.trackId);
    expect(new Set(sent.map(({ step }) => step))).toEqual(new Set(["downsample", "encode"]));
  }, 300_000);

  test.each([
    ["put off", "hold"],
    ["under way", "checkpoint"],
  ])(
    "work that is %s at one step says nothing of another, whose message is lost",
    async (_what, sign) => {
      await using begun = await beginQuiet(kind);
      const { pool, track, tasks, clock, options } = begun;
      const { trackId, master } = track;
      await applyFacts(pool, chain, outcomeFacts({ ...outcome(1, "decode"), trackId, master }));
      const address = chain.addressesFor(master).get("aac") ?? "";
      const spent = { cpuMs: 0, gpuMs: null, earlier: [] };
      const taken = () => tasks.splice(0).map(({ step }) => step);
      const later = async (byMs: number) => {
        clock.nowMs += byMs;
        if (sign === "hold")
          await options.holds.note({ address, pieces: null }, { ...starved, now: new Date(clock.nowMs) });
        else await options.checkpoints.save(address, { number: 1, state: null, files: [], moved: {}, spent });
        await begun.look();
        return taken();
      };
      expect(await later(0)).toEqual(["downsample"]);
      if (sign === "checkpoint") return;
      // However long that goes on; and what is known to be put off is not taken up by what the other comes to.
      expect(await later(3 * quietMs)).toEqual(["downsample"]);
      const { rows } = await pool.query("select put_off from track_watches");
      expect(rows).toEqual([{ put_off: { encode: expect.any(String) } }]);
      await applyFacts(
        pool,
        chain,
        outcomeFacts({ ...outcome(1, "downsample"), trackId, master, at: at(1) }),
      );
      expect(new Set(await later(9 * quietMs))).toEqual(new Set(["tempo", "key"]));
    },
    300_000,
  );
});
