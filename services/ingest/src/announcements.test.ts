import { createId, type TrackAccepted } from "@segue/contracts";
import { createTelemetry, extractTrace } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createAnnouncements } from "./announcements.ts";

const { log } = createTelemetry({ service: "test", level: "silent" });

/** A queue that takes nothing while it is away, and counts how often it was told that some may be untold. */
function startQueue() {
  const queue = { isAway: false, told: 0 };
  const send = async () => {
    if (queue.isAway) throw new Error("the queue is away");
  };
  const announceUntold = async () => {
    await send();
    queue.told += 1;
  };
  const announcements = createAnnouncements({ announce: send, announceUntold }, log, { retryMs: 5 });
  const announce = () => {
    const trackId = createId(new Date());
    const asked = { trackId } as TrackAccepted;
    announcements.announce(asked, { request: asked.request, source: "a source" }, extractTrace({}));
  };
  return { queue, announcements, announce };
}

test("whoever starts says that some may be untold: one before it may have been killed", async () => {
  const { queue, announcements, announce } = startQueue();
  await expect.poll(() => queue.told).toBe(1);
  // What the queue takes is told.
  announce();
  await announcements.settled();
  expect(queue.told).toBe(1);
});

test("what the queue did not take is told of once it is back, once for all of it", async () => {
  const { queue, announcements, announce } = startQueue();
  await expect.poll(() => queue.told).toBe(1);
  queue.isAway = true;
  for (let times = 0; times < 3; times++) announce();
  await expect
    .poll(() => {
      queue.isAway = false;
      return queue.told;
    })
    .toBe(2);
  await announcements.settled();
  expect(queue.told).toBe(2);
});
