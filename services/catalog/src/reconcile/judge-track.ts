/**
 * Whether a track of which nothing was heard for a while has an owner. Its own messages can't be asked for; what the
 * steps do for others tells:
 *
 * - The steps that could run for it now are those whose inputs are there.
 * - Such a step that works on tracks accepted well after this one has overtaken it, and so has one that since then has begun with what
 *   a backfill asked for: its message is lost (or waits for a retry, and then one more does no harm). That is repaired at once.
 * - Such a step that gives no results at all, for longer than it takes between two of them, is stopped, or has nothing in its queue: announcing again does no
 *   harm if it is stopped, and helps if it has not; only a few tracks at a time for each. It may be stopped for long, where no node is to be had: its tracks wait in its queue,
 *   and are no more stuck than it is, for as long as the queue keeps them.
 * - A step that works, on tracks no younger than this one, will come to it: the track waits in its queue.
 * - A track that waits for none of the chain's steps waits for one that was taken out of the fleet, or that this catalog has
 *   not heard of yet: it is treated as if that step were stopped, so that it ends as stuck and not as a track that waits for ever.
 */
import type { Chain } from "@segue/chain";
import { acceptedAtMs, fetchStep, type StepSpec } from "@segue/contracts";
import type { Progress } from "./progress.ts";

export type Ownership = "overtaken" | "idle" | "waiting";

export interface QuietTrack {
  readonly id: string;
  readonly wants: readonly string[];
  readonly endedSteps: readonly string[];
}

/**
 * The wanted steps that could run now, by name: a fetch alone, where there is nothing else to begin with. All that have not ended where the chain, which may have changed, shows none. Empty
 * where the chain has none of those that have not ended.
 */
export function readySteps(
  track: Pick<QuietTrack, "wants" | "endedSteps">,
  chain: Chain<StepSpec>,
): string[] {
  const ended = new Set(track.endedSteps);
  if (track.wants.includes(fetchStep) && !ended.has(fetchStep)) return [fetchStep];
  const open = chain.steps.filter((step) => track.wants.includes(step.name) && !ended.has(step.name));
  const ready = open.filter((step) => [...chain.ancestorsOf(step)].every(({ name }) => ended.has(name)));
  return (ready.length > 0 ? ready : open).map(({ name }) => name);
}

export function judgeTrack(
  track: QuietTrack,
  ready: readonly string[],
  progress: Progress,
  { quietMs }: { readonly quietMs: number },
): Ownership {
  const steps = ready.map((name) => progress.of(name));
  if (steps.length === 0) return "idle";
  const trackAtMs = acceptedAtMs(track.id);
  if (steps.some((step) => step.reachedMs >= trackAtMs + quietMs)) return "overtaken";
  return idleSteps(ready, progress, { quietMs }).length > 0 ? "idle" : "waiting";
}

/** Those that give no results at all. */
export function idleSteps(
  ready: readonly string[],
  progress: Progress,
  { quietMs }: { readonly quietMs: number },
): string[] {
  return ready.filter((name) => {
    const { quietForMs, gapMs } = progress.of(name);
    return quietForMs >= quietAfter(gapMs, quietMs);
  });
}

/** Of a step that takes its time, a while without results says nothing: its tracks are long, its workers few, or other catalogs hear of it more. */
function quietAfter(gapMs: number, quietMs: number): number {
  return Math.max(quietMs, Math.min(longestGaps * quietMs, 2 * gapMs));
}

/** Of `quietMs`. */
const longestGaps = 15;

export interface AnnouncementLimits {
  /** Of a track that a step has passed by, or whose step the chain does not have. */
  readonly maxAnnouncements: number;
  /** Of one whose step gives no results. */
  readonly maxIdleAnnouncements: number;
}

/** How often a track is announced again, without any progress, before it is called stuck. */
export function mostAnnouncements(
  judged: Ownership,
  ready: readonly string[],
  { maxAnnouncements, maxIdleAnnouncements }: AnnouncementLimits,
): number {
  return judged === "idle" && ready.length > 0 ? maxIdleAnnouncements : maxAnnouncements;
}
