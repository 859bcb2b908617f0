import { type Artifacts, unlessUnreadable } from "@segue/artifacts";
import { Master } from "@segue/contracts";
import type { ReconcileConfig } from "../config.ts";
import { type Judged, type JudgeOptions, judgeInRound } from "./judge-quiet.ts";
import { mostAnnouncements } from "./judge-track.ts";
import { type TakeUpOptions, takeUp } from "./take-up.ts";
import { waitsForReplaced } from "./waits-for-replaced.ts";
import type { EventKind, PostponedTrack, QuietTrack, Watches } from "./watches.ts";

/** Looked at in one go. */
const batchTracks = 200;
/** Then others of the reconciler's tasks have their turn. */
export const lookForMs = 2_000;
const longestBackoffMs = 3_600_000;

export interface RepairOptions extends JudgeOptions, TakeUpOptions, ReconcileConfig {
  readonly watches: Watches;
  readonly artifacts: Artifacts;
  onEvent(kind: EventKind): void;
  /** Derives anew what holds for tracks. */
  derive(ids: readonly string[]): Promise<unknown>;
  now(): Date;
}

/**
 * Finds tracks that nobody owns and sends the steps that could run for them a task: what is missing for it is made first. Goes on while
 * there are more to look at, for so long.
 */
export async function repairTracks(options: RepairOptions): Promise<void> {
  const { watches, quietMs } = options;
  const until = performance.now() + lookForMs;
  await watches.freeThoseThatGoOn(options.now(), longestBackoffMs, batchTracks);
  const judge = judgeInRound(options);
  do {
    const now = options.now();
    const due = await watches.findDue(now, quietMs, batchTracks);
    if (due.length === 0) return;
    await watches.forget(due.flatMap(({ id, isOpen }) => (isOpen ? [] : [id])));
    const left = due.filter(({ isOpen }) => isOpen);
    const over = left.filter((track) => waitsForReplaced(options.chain, track));
    if (over.length > 0) await options.derive(over.map(({ id }) => id));
    const open = left.filter((track) => !over.includes(track));
    const later: PostponedTrack[] = open.flatMap((track) =>
      track.isHeardOf ? [{ ...track, putOff: {} }] : [],
    );
    for (const track of open.filter(({ isHeardOf }) => !isHeardOf)) {
      const isDone = await isReadable(options, { track: track.id }, async () => {
        const found = await judge({ ...track, requestId: track.id }, now);
        if (found.judged === "waiting") later.push({ ...track, putOff: found.putOff });
        else await repair(options, track, found, now);
      });
      if (!isDone) later.push(track);
    }
    await watches.postpone(later, now, new Date(now.getTime() + quietMs));
  } while (performance.now() < until);
}

/** False: what is kept for one that was looked after can't be read, since somebody has overwritten it, or a younger release has written it. It is in no other's way. */
export async function isReadable(
  { log }: Pick<RepairOptions, "log">,
  whose: object,
  lookAfter: () => Promise<void>,
): Promise<boolean> {
  let isDone = true;
  await unlessUnreadable(lookAfter, (error) => {
    isDone = false;
    log.error({ ...whose, error }, "what is kept for a track can't be read; it is looked at again later");
  });
  return isDone;
}

async function repair(
  options: RepairOptions,
  track: QuietTrack,
  { ready, judged, putOff }: Judged,
  now: Date,
): Promise<void> {
  const { watches, quietMs, log } = options;
  const waitingFor = nameWaited(track, ready).join(", ");
  const isThere = await canBegin(options, track);
  const stuck = !isThere
    ? `its ${track.master === null ? "request" : "master"} is gone from storage`
    : track.announcedAgain >= mostAnnouncements(judged, ready, options)
      ? `it was announced again ${track.announcedAgain} times, and nobody has taken it up; it waits for ${waitingFor}`
      : null;
  const announcedAgain = track.announcedAgain + (stuck === null ? 1 : 0);
  const backoffMs = Math.min(longestBackoffMs, quietMs * 2 ** announcedAgain);
  const nextLookAt = new Date(now.getTime() + backoffMs);
  const claim = { announcedAgain: track.announcedAgain, now, nextLookAt, stuck, putOff };
  if (!(await watches.claim(track, claim))) return;

  const fields = { track: track.id, waitingFor, announcedAgain, judged };
  if (stuck !== null) {
    log.error({ ...fields, stuck }, "a track is stuck");
    await watches.addEvent(track.id, now, "stuck", stuck);
    return options.onEvent("stuck");
  }
  await takeUp(options, { ...track, trackId: track.id, ready });
  await watches.countAnnouncement(track.id);
  log.warn(fields, "a track had no owner; its steps are sent a task");
  await watches.addEvent(track.id, now, "announced-again", `${judged}; it waits for ${waitingFor}`);
  options.onEvent("announced-again");
}

/** Where the chain has none of the steps that are waited for, their names are all that is known. */
function nameWaited({ wants, endedSteps }: QuietTrack, ready: readonly string[]): string[] {
  return ready.length > 0 ? [...ready] : wants.filter((step) => !endedSteps.includes(step));
}

/** Its master, or what its client said of it where there is none yet. */
async function canBegin({ artifacts, tracks }: RepairOptions, { id, master }: QuietTrack): Promise<boolean> {
  return (await (master === null ? tracks.read(id) : artifacts.readRecord(Master, master))) !== undefined;
}
