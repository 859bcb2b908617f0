import { Aac, Key, Pcm, Tempo, type TrackResource } from "@segue/contracts";
import { factsOf } from "../support/fleet-under-test.ts";
import type { Mix, Movement } from "./make-mix.ts";
import type { StepAttempts } from "./read-attempts.ts";
import type { PeakMemory } from "./watch-memory.ts";

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
}

const longestAttemptMs = 10_000;
/** Between what was decoded or encoded and what was made. */
const durationToleranceSec = 0.1;
const tempoTolerance = 0.04;
/** Share of a curve's points that must be right; the bars without drums, where loops meet, are allowed to be in doubt. */
const leastRightShare = 0.7;
/** A point is measured on up to a minute around its stretch: nearer to a border it hears both movements. */
const borderSec = 60;

/** What must hold for a mix that has gone through the fleet. */
export function checkTrack(mix: Mix, track: TrackResource): Check[] {
  if (track.state !== "done")
    return [{ what: "state", ok: false, found: `${track.state}: ${track.summary}` }];
  const longest = longestOf(mix.movements);
  const pcm = factsOf(track, Pcm);
  const tempo = factsOf(track, Tempo);
  const key = factsOf(track, Key);
  const tempoRight = rightShare(mix, tempo.curve, ({ bpm }, movement) => isTempo(bpm, movement));
  const keyRight = rightShare(mix, key.curve, (point, movement) => isKey(point, movement));
  const covers = (curve: readonly { startSec: number }[]) =>
    curve[0]?.startSec === 0 && (curve.at(-1)?.startSec ?? 0) > mix.durationSec - borderSec;
  return [
    { what: "state", ok: true, found: track.state },
    checkDuration("decoded duration", pcm.durationSec, mix.durationSec),
    checkDuration("AAC's duration, as encoded", factsOf(track, Aac).durationSec, pcm.durationSec),
    { what: "tempo", ok: isTempo(tempo.bpm, longest), found: `${tempo.bpm}, made at ${longest.bpm}` },
    { what: "tempo's curve spans the mix", ok: covers(tempo.curve), found: `${tempo.curve.length} points` },
    { what: "tempo's curve", ok: tempoRight >= leastRightShare, found: `${percent(tempoRight)} right` },
    {
      what: "key",
      ok: isKey(key, longest),
      found: `${key.key} ${key.mode}, made in ${longest.key} ${longest.mode}`,
    },
    { what: "key's curve spans the mix", ok: covers(key.curve), found: `${key.curve.length} points` },
    { what: "key's curve", ok: keyRight >= leastRightShare, found: `${percent(keyRight)} right` },
  ];
}

/** A process, and what its service says that it needs at most. */
export interface Limited {
  readonly name: string;
  readonly mostMiB: number;
}

/** What must hold for the attempts and for the processes that made them; the embedded database has its own limits. */
export function checkWork(
  attempts: ReadonlyMap<string, StepAttempts>,
  memory: ReadonlyMap<string, PeakMemory>,
  processes: readonly Limited[],
): Check[] {
  const failures = [...attempts].flatMap(([step, of]) => of.failures.map((failure) => `${step} ${failure}`));
  return [
    ...[...attempts].map(([step, { heldMs }]) => {
      const worst = Math.max(0, ...heldMs);
      const each = worst > longestAttemptMs ? ` (of ${heldMs.join(", ")} ms)` : "";
      const found = `${heldMs.length}, the longest ${(worst / 1000).toFixed(1)} s${each}`;
      return { what: `attempts of ${step}`, ok: heldMs.length > 0 && worst <= longestAttemptMs, found };
    }),
    { what: "no attempt was repeated", ok: failures.length === 0, found: failures.join("; ") || "none" },
    ...processes.map(({ name, mostMiB }) => {
      const { ownMiB, treeMiB } = memory.get(name) ?? { ownMiB: Infinity, treeMiB: Infinity };
      const found = `${ownMiB.toFixed(0)} MiB, with its children ${treeMiB.toFixed(0)} of ${mostMiB} MiB`;
      return { what: `memory of ${name}`, ok: treeMiB <= mostMiB, found };
    }),
  ];
}

export function checkDuration(what: string, durationSec: number | null, expectedSec: number): Check {
  const ok = durationSec !== null && Math.abs(durationSec - expectedSec) <= durationToleranceSec;
  return { what, ok, found: `${durationSec?.toFixed(3)} s, expected ${expectedSec.toFixed(3)} s` };
}

function longestOf(movements: readonly Movement[]): Movement {
  const [longest] = [...movements].sort((a, b) => b.endSec - b.startSec - (a.endSec - a.startSec));
  if (!longest) throw new RangeError("expected a mix with a movement or more");
  return longest;
}

/** Share of the points well within a movement that are right about it; 0 when there is no such point. */
function rightShare<Point extends { readonly startSec: number }>(
  mix: Mix,
  curve: readonly Point[],
  isRight: (point: Point, movement: Movement) => boolean,
): number {
  const judged = curve.flatMap((point) => {
    const movement = mix.movements.find(
      ({ startSec, endSec }) =>
        point.startSec >= startSec + borderSec && point.startSec <= endSec - 2 * borderSec,
    );
    return movement ? [isRight(point, movement)] : [];
  });
  return judged.length === 0 ? 0 : judged.filter(Boolean).length / judged.length;
}

function isTempo(bpm: number | null, movement: Movement): boolean {
  return bpm !== null && Math.abs(bpm / movement.bpm - 1) <= tempoTolerance;
}

function isKey(
  { key, mode }: { readonly key: string | null; readonly mode: string | null },
  movement: Movement,
) {
  return key === movement.key && mode === movement.mode;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
