import { readHistory, readTrack } from "@segue/catalog-db";
import { createLiveChain, planRequest, tracksTopic } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { blockOf, createId, defineKind, type News, Pcm } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import { expect, test } from "vitest";
import { z } from "zod";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";
import { chain, failed, names, outcome, replayed } from "../fixtures/chain.ts";

test("a track whose message was lost has its steps sent a task, until it is done or called stuck", async () => {
  await using cloud = await startWithCloud();
  const healed = await cloud.track(2_000, "healed");
  const lost = await cloud.track(1_000, "lost for good");
  for (const track of [healed, lost]) await cloud.publish(tracksTopic, track);
  await expect.poll(() => cloud.sent.length).toBeGreaterThanOrEqual(2);
  const { trackId, master } = healed;
  const { wants } = healed.request;
  const again = cloud.sent.find(({ request }) => request.trackId === trackId);
  expect(again).toMatchObject({ type: "Run", step: "decode" });
  expect(again?.request).toMatchObject({ requestId: trackId, master, wants, force: [], priority: "live" });

  for (const step of healed.request.wants)
    await cloud.publish("outcomes", { ...outcome(1, step), trackId: healed.trackId, master: healed.master });
  await expect.poll(async () => (await readTrack(cloud.pool, healed.trackId))?.state).toBe("done");
  await expect
    .poll(async () => (await readTrack(cloud.pool, lost.trackId))?.stuck)
    .toContain("announced again 2 times");
  const { rows } = await cloud.pool.query(
    "select kind, detail from track_events where track_id = $1 order by at",
    [lost.trackId],
  );
  expect(rows.map((row) => row.kind)).toEqual(["announced-again", "announced-again", "stuck"]);
  expect(rows[0].detail).toContain("decode");
  expect(cloud.sent.filter(({ request }) => request.trackId === lost.trackId)).toHaveLength(2);
  expect(await cloud.collectMetrics()).toMatch(/segue_reconciler_events_total\{[^}]*kind="stuck"[^}]*\} 1/);
});

test("messages that are purged behind everybody's back are made up for", async () => {
  await using cloud = await startWithCloud();
  const [facts] = await cloud.pubsub
    .topic(names.topic("master"))
    .createSubscription(names.subscription("master", "decode"));
  const track = await cloud.track(0, "purged");
  const { trackId, master, request } = track;
  const { wants } = request;
  await cloud.publish(tracksTopic, track);
  const record = { v: 1, address: master, kind: "master", step: null, inputs: {}, attempt: null };
  const outcomeOf = { status: "succeeded", facts: { sizeBytes: 6 }, payload: null };
  await cloud.publish("master", {
    v: 2,
    type: "ArtifactReady",
    record: { ...record, outcome: outcomeOf },
    request: planRequest(chain, { requestId: trackId, trackId, master, wants }),
  });
  await facts.seek(new Date(Date.now() + 60_000));
  await expect.poll(() => cloud.sent.length).toBeGreaterThan(0);
  for (const step of wants) await cloud.publish("outcomes", { ...outcome(1, step), trackId, master });
  await expect.poll(async () => (await readTrack(cloud.pool, trackId))?.state).toBe("done");
});

test("a track of which only the object was written is found in storage and taken up", async () => {
  await using cloud = await startWithCloud();
  const track = await cloud.track(5_000, "its publish failed");
  await cloud.writeTrackObject(track);
  await expect.poll(() => cloud.sent.map(({ request }) => request.trackId)).toContain(track.trackId);
  expect(await readTrack(cloud.pool, track.trackId)).toMatchObject({
    state: "accepted",
    master: track.master,
  });
  const { rows } = await cloud.pool.query("select kind from track_events order by at");
  expect(rows[0]).toEqual({ kind: "found-in-storage" });
});

/** News that the test tells. */
function tellNews() {
  const ears: Parameters<NewsSource["onNews"]>[0][] = [];
  const news: NewsSource = { isListening: () => true, onNews: (ear) => void ears.push(ear) };
  const tell = (told: News | undefined) => {
    for (const ear of ears) ear(told);
  };
  return { news, tell };
}

test.each([
  ["that some were not told of", { v: 1, type: "RequestsUntold" }],
  ["that can't be read", undefined],
] as const)(
  "where news can be heard, storage is looked through once there is some %s",
  async (_what, told) => {
    const { news, tell } = tellNews();
    await using cloud = await startWithCloud(chain, 500, news);
    const sweptTo = async () => (await cloud.pool.query("select swept_to from sweeps")).rows[0]?.swept_to;
    await expect.poll(sweptTo).toBeInstanceOf(Date);
    const track = await cloud.track(5_000, "its publish failed");
    await cloud.writeTrackObject(track);
    const before = await sweptTo();
    tell({ v: 1, type: "StepsRegistered", generations: {} });
    // Many looks later nobody has swept, since nothing called for it.
    const other = await cloud.track(2_000, "its task was lost");
    await cloud.pool.query(
      "insert into tracks (id, master, targets, wants, state, accepted_at, source) values ($1, $2, '{}', '{decode}', 'accepted', now() - interval '2 seconds', 'upload')",
      [other.trackId, other.master],
    );
    await expect.poll(() => cloud.sent.map(({ request }) => request.trackId)).toContain(other.trackId);
    expect(await sweptTo()).toEqual(before);
    tell(told);
    await expect.poll(async () => (await readTrack(cloud.pool, track.trackId))?.state).toBe("accepted");
  },
);

test("where news can be heard, storage is looked through once a track was deleted: its master waits for that", async () => {
  const { news } = tellNews();
  await using cloud = await startWithCloud(chain, 500, news);
  const sweptTo = async () => (await cloud.pool.query("select swept_to from sweeps")).rows[0]?.swept_to;
  await expect.poll(sweptTo).toBeInstanceOf(Date);
  const now = new Date();
  const deleted = {
    ...{ v: 1, type: "TakedownRequested", takedownId: createId(now), cause: "delete", owner: "default" },
    ...{ requestedBy: "off", reason: null, tracks: [createId(now)], masters: [], again: "new" },
    requestedAt: now.toISOString(),
  };
  await cloud.publish(tracksTopic, deleted);
  await expect.poll(async () => (await sweptTo()).getTime()).toBeGreaterThan(now.getTime());
});

test("what only another catalog has heard of, which has died since, is found all the same", async () => {
  await using cloud = await startWithCloud(chain, 2_000);
  const sweptTo = async () => (await cloud.pool.query("select from sweeps")).rowCount;
  await expect.poll(sweptTo).toBe(1);
  const track = await cloud.track(0, "heard of by another");
  await cloud.pool.query(
    "insert into tracks (id, master, targets, wants, state, accepted_at, source) values ($1, $2, '{}', '{decode}', 'accepted', now(), 'upload')",
    [track.trackId, track.master],
  );
  await expect.poll(() => cloud.sent.map(({ request }) => request.trackId)).toContain(track.trackId);
});

test("where the look through storage can't go on, tracks are taken up all the same", async () => {
  await using cloud = await startWithCloud();
  await expect
    .poll(() =>
      cloud.pool.query("drop table sweeps").then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  const track = await cloud.track(2_000, "its message was lost, too");
  await cloud.publish(tracksTopic, track);
  await expect.poll(() => cloud.sent.map(({ request }) => request.trackId)).toContain(track.trackId);
});

test("what came while no catalog ran is found, however long that was", async () => {
  await using cloud = await startWithCloud();
  const days = 86_400_000;
  const isLookedAt = async () => (await cloud.pool.query("select from sweeps")).rowCount;
  await expect.poll(isLookedAt).toBe(1);
  const track = await cloud.track(3 * days, "its publish failed on Friday");
  await cloud.writeTrackObject(track);
  const old = await cloud.track(9 * days, "looked at before");
  await cloud.writeTrackObject(old);
  // As the last catalog left it; then as a database that was made anew. Until it is seen: a sweep under way would note its own end.
  const sweptTo = new Date(Date.now() - 4 * days);
  const leave = () => cloud.pool.query("update sweeps set swept_to = $1", [sweptTo]);
  const forget = () => cloud.pool.query("delete from sweeps");
  const stateAfter = async (change: () => Promise<unknown>, id: string) => {
    await change();
    return (await readTrack(cloud.pool, id))?.state;
  };
  await expect.poll(() => stateAfter(leave, track.trackId), { interval: 1_000 }).toBe("accepted");
  expect(await readTrack(cloud.pool, old.trackId)).toBeUndefined();
  await expect.poll(() => stateAfter(forget, old.trackId), { interval: 1_000 }).toBe("accepted");
});

test("a replay of which only the object was written is taken up, and given up when nobody answers", async () => {
  await using cloud = await startWithCloud();
  const track = await cloud.track(20_000, "done, and asked for again");
  const { trackId, master } = track;
  await cloud.publish(tracksTopic, track);
  for (const step of track.request.wants)
    await cloud.publish("outcomes", { ...outcome(1, step), trackId, master });
  await expect.poll(async () => (await readTrack(cloud.pool, trackId))?.state).toBe("done");
  const requestedAt = new Date(Date.now() - 2_000);
  const replay = replayed(1, ["tempo"], 0, {
    ...{ trackId, master, requestId: createId(requestedAt), requestedAt: requestedAt.toISOString() },
  });
  await cloud.writeRequest(replay);
  await expect.poll(() => cloud.sent[0]).toMatchObject({ type: "Run", step: "decode" });
  expect(cloud.sent[0]?.request).toEqual(blockOf(replay));
  const tempo = async () =>
    (await readTrack(cloud.pool, trackId))?.outcomes.find(({ step }) => step === "tempo");
  expect(await tempo()).toMatchObject({ status: "succeeded", recomputing: { reason: "forced" } });
  await expect.poll(async () => (await tempo())?.recomputing).toBeNull();
  const { events } = await readHistory(cloud.pool, trackId);
  expect(events.map(({ kind }) => kind)).toEqual([
    "found-in-storage",
    "announced-again",
    "announced-again",
    "stuck",
  ]);
});

test("a long run that leaves checkpoints is left alone, until it no longer does", async () => {
  // Many times what a checkpoint takes, on a busy machine too.
  const quietMs = 4_000;
  await using cloud = await startWithCloud(chain, quietMs);
  const track = await cloud.track(2 * quietMs, "three hours");
  await cloud.publish(tracksTopic, track);
  const until = performance.now() + 1.5 * quietMs;
  let number = 0;
  while (performance.now() < until) {
    number += 1;
    await cloud.saveCheckpoint(track, "pcm", number);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(cloud.sent).toEqual([]);
  await expect.poll(() => cloud.sent[0]).toMatchObject({ type: "Run", request: { trackId: track.trackId } });
});

test("a track whose work was put off has an owner, however long that is", async () => {
  await using cloud = await startWithCloud();
  const starving = await cloud.track(2_000, "starves");
  const lost = await cloud.track(1_000, "lost");
  await cloud.putOff(starving, "pcm");
  for (const track of [starving, lost]) await cloud.publish(tracksTopic, track);
  // The other one has come to its last resort meanwhile.
  await expect.poll(async () => (await readTrack(cloud.pool, lost.trackId))?.stuck).toContain("2 times");
  expect(cloud.sent.filter(({ request }) => request.trackId === starving.trackId)).toEqual([]);
  expect(await readTrack(cloud.pool, starving.trackId)).toMatchObject({ state: "accepted", stuck: null });
  // Until then it is no work that waits for a worker.
  const { rows } = await cloud.pool.query("select put_off from track_watches where track_id = $1", [
    starving.trackId,
  ]);
  const until = Object.entries<string>(rows[0]?.put_off).map(([step, at]) => [
    step,
    Date.parse(at) > Date.now(),
  ]);
  expect(until).toEqual([["decode", true]]);
});

test("a master that is gone makes its track stuck at once, in words", async () => {
  await using cloud = await startWithCloud();
  const track = { ...(await cloud.track(2_000, "x")), master: "f".repeat(64) };
  await cloud.publish(tracksTopic, track);
  await expect
    .poll(async () => (await readTrack(cloud.pool, track.trackId))?.stuck)
    .toBe("its master is gone from storage");
  expect(cloud.sent).toEqual([]);
});

const Level = defineKind({ name: "level", retention: "derivative", payload: null, facts: z.unknown() });

test("a track whose last step was taken out of the fleet ends as stuck, by name", async () => {
  await using cloud = await startWithCloud();
  const track = await cloud.track(2_000, "its step is gone");
  const wants = [...track.request.wants, "level"];
  await cloud.publish(tracksTopic, { ...track, request: { ...track.request, wants } });
  for (const step of track.request.wants)
    await cloud.publish("outcomes", { ...outcome(1, step), trackId: track.trackId, master: track.master });
  await expect
    .poll(async () => (await readTrack(cloud.pool, track.trackId))?.stuck)
    .toBe("it was announced again 2 times, and nobody has taken it up; it waits for level");
});

test("a step that the catalog hears of only after the one before it has failed is blocked in the end", async () => {
  const live = createLiveChain(chain);
  await using cloud = await startWithCloud(live);
  const track = await cloud.track(2_000, "fails early");
  const { trackId, master } = track;
  const decodeFails = () => cloud.publish("outcomes", { ...outcome(1, "decode", failed()), trackId, master });
  await cloud.publish(tracksTopic, {
    ...track,
    request: { ...track.request, wants: [...track.request.wants, "level"] },
  });
  await decodeFails();
  await expect
    .poll(async () => (await readTrack(cloud.pool, trackId))?.outcomes.length)
    .toBe(track.request.wants.length);
  expect((await readTrack(cloud.pool, trackId))?.state).toBe("processing");
  live.update([stepSpec("level", [Pcm], Level)]);
  // As decode does when level is sent a task, and asks for what it makes.
  await cloud.publish("outcomes", { ...outcome(1, "decode", { ...failed(), sec: 9 }), trackId, master });
  await expect.poll(async () => (await readTrack(cloud.pool, trackId))?.state).toBe("failed");
});
