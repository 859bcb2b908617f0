import type { RequestObjects } from "@segue/artifacts";
import type { Request } from "@segue/contracts";
import { type Judged, judgeInRound } from "./judge-quiet.ts";
import { mostAnnouncements } from "./judge-track.ts";
import { isReadable, lookForMs, type RepairOptions } from "./repair-tracks.ts";
import type { QuietReplay, ReplayWatches } from "./replay-watches.ts";
import { takeUp } from "./take-up.ts";
import { waitsForReplaced } from "./waits-for-replaced.ts";

/** Looked at in one go. */
const batchReplays = 200;
const longestBackoffMs = 3_600_000;

export interface RepairReplaysOptions extends RepairOptions {
  readonly replays: ReplayWatches;
  readonly requests: RequestObjects;
}

/**
 * Finds replays whose messages were lost, and sends the steps that could run for them a task. What was asked for again shows at its
 * track until it is answered, or given up after so many times. Goes on while there are more to look at, for so long: a lost one may be behind
 * thousands that wait in a queue.
 */
export async function repairReplays(options: RepairReplaysOptions): Promise<void> {
  const { replays, quietMs } = options;
  const until = performance.now() + lookForMs;
  const judge = judgeInRound(options);
  do {
    const now = options.now();
    const due = await replays.findDue(now, quietMs, batchReplays);
    if (due.length === 0) return;
    const later: QuietReplay[] = [];
    for (const replay of due) if (await isLater(options, replay, judge, now)) later.push(replay);
    await replays.postpone(later, now, new Date(now.getTime() + quietMs));
  } while (performance.now() < until);
}

/** Repairs one, unless it is to be looked at again later: somebody has it, or it can't be looked after now. */
async function isLater(
  options: RepairReplaysOptions,
  replay: QuietReplay,
  judge: ReturnType<typeof judgeInRound>,
  now: Date,
): Promise<boolean> {
  const { trackId: track, requestId: request } = replay;
  if (waitsForReplaced(options.chain, replay)) {
    await options.derive([track]);
    return true;
  }
  if (replay.isHeardOf) return true;
  let isWaiting = false;
  const isDone = await isReadable(options, { track, request }, async () => {
    const found = await judge({ ...replay, id: track }, now);
    if (found.judged === "waiting") isWaiting = true;
    else await repair(options, replay, found, now);
  });
  return isWaiting || !isDone;
}

async function repair(
  options: RepairReplaysOptions,
  replay: QuietReplay,
  { ready, judged }: Judged,
  now: Date,
): Promise<void> {
  const { replays, requests, watches, quietMs, log } = options;
  const { trackId, requestId } = replay;
  const waitingFor = ready.join(", ");
  const request = await requests.read({ trackId, requestId, cause: "replay" });
  const stuck = !request
    ? "a replay's request is gone from storage"
    : replay.announcedAgain >= mostAnnouncements(judged, ready, options)
      ? `a replay was announced again ${replay.announcedAgain} times, and nobody has taken it up; it waited for ${waitingFor}`
      : null;
  const announcedAgain = replay.announcedAgain + (stuck === null ? 1 : 0);
  const nextLookAt = new Date(now.getTime() + Math.min(longestBackoffMs, quietMs * 2 ** announcedAgain));
  const claim = { announcedAgain: replay.announcedAgain, now, nextLookAt, stuck };
  if (!(await replays.claim(replay, claim))) return;

  const fields = { track: trackId, request: requestId, waitingFor, announcedAgain, judged };
  if (stuck !== null || !request) {
    log.error({ ...fields, stuck }, "a replay is given up");
    await watches.addEvent(trackId, now, "stuck", stuck ?? "");
    return options.onEvent("stuck");
  }
  await takeUp(options, {
    ...replay,
    owner: request.owner,
    ready,
    request: withoutForcing(replay.endedSteps, request),
  });
  await replays.countAnnouncement(replay);
  log.warn(fields, "a replay had no owner; its steps are sent a task");
  await watches.addEvent(trackId, now, "announced-again", `${judged}; a replay waits for ${waitingFor}`);
  options.onEvent("announced-again");
}

/**
 * What came since the request was made is as new as what it asks for, though another's request had it made: nobody downstream is to
 * wait for this one's own, which is not coming.
 */
function withoutForcing(endedSteps: readonly string[], request: Request): Request {
  return { ...request, force: request.force.filter((step) => !endedSteps.includes(step)) };
}
