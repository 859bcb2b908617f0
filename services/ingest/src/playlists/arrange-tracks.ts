/**
 * Puts tracks in an order that costs little, as long as it is wished for: a search that keeps the best few beginnings (a beam), one for each track that they end with, and
 * goes on from each with every track that is left. It follows from its input alone; what it looks at is bounded by candidates times beginnings times tracks.
 */
import { setImmediate } from "node:timers/promises";
import type { Transition } from "@segue/contracts";
import { courseCost, type Mixable, type MixRules, mixOf } from "./mix-cost.ts";

export interface Arrangeable extends Mixable {
  readonly durationSec: number;
  /** Of several with the same one is in a playlist. */
  readonly master: string | null;
}

export interface Wish extends MixRules {
  readonly wantedSec: number;
  /** Tempo where the playlist begins and where it ends; undefined: whatever. */
  readonly course: { readonly from: number; readonly to: number } | undefined;
  readonly mostTracks: number;
  /** The first of the candidates is the one that it begins with. */
  readonly beginsWithFirst: boolean;
}

export interface Arranged<T> {
  readonly track: T;
  readonly startSec: number;
  /** Null of the first. */
  readonly transition: Transition | null;
}

/** Beginnings that are gone on from. */
export const beginnings = 12;
/** What a minute too few or too many costs, where several playlists are over. */
const costPerMinute = 0.5;

interface Beginning {
  readonly last: number;
  readonly before: Beginning | undefined;
  readonly tracks: number;
  readonly sec: number;
  readonly cost: number;
  /** By master. */
  readonly taken: Uint8Array;
}

/**
 * @param looked counts pairs of tracks that were looked at.
 * @returns none where no track may begin.
 */
export async function arrangeTracks<T extends Arrangeable>(
  candidates: readonly T[],
  wish: Wish,
  looked: { pairs: number } = { pairs: 0 },
): Promise<Arranged<T>[]> {
  const masters = numberMasters(candidates);
  const go = { candidates, masters, wish, looked };
  let open = firstOnes(go);
  let best: Beginning | undefined;
  for (let tracks = 1; open.length > 0; tracks++) {
    const next = tracks < wish.mostTracks ? nextOnes(go, open) : undefined;
    for (const one of next?.ended ?? open)
      if (best === undefined || rankOf(one, wish) < rankOf(best, wish)) best = one;
    open = next?.open ?? [];
    // Others want their turn.
    await setImmediate();
  }
  return best ? tell(candidates, best, wish) : [];
}

interface Go {
  readonly candidates: readonly Arrangeable[];
  readonly masters: readonly number[];
  readonly wish: Wish;
  readonly looked: { pairs: number };
}

function numberMasters(candidates: readonly Arrangeable[]): number[] {
  const numbers = new Map<string, number>();
  return candidates.map(({ master }, n) => {
    const key = master ?? `${n}`;
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key) ?? n;
  });
}

function firstOnes(go: Go): Beginning[] {
  const { candidates, wish } = go;
  const count = wish.beginsWithFirst ? Math.min(1, candidates.length) : candidates.length;
  const costs = Array.from({ length: count }, (_, n) => fitOf(go, n, 0));
  return cheapest(costs).map((n) => goOn(go, undefined, n, costs[n] ?? 0));
}

/** What it costs that a track begins there. */
function fitOf({ candidates, wish }: Go, n: number, sec: number): number {
  const { course, wantedSec, octaves } = wish;
  if (!course) return 0;
  const way = Math.min(1, sec / wantedSec);
  return courseCost(candidates[n]?.bpm ?? null, course.from + (course.to - course.from) * way, octaves);
}

function goOn(
  { candidates, masters }: Go,
  before: Beginning | undefined,
  n: number,
  cost: number,
): Beginning {
  const taken = before ? Uint8Array.from(before.taken) : new Uint8Array(candidates.length);
  taken[masters[n] ?? n] = 1;
  const sec = (before?.sec ?? 0) + (candidates[n]?.durationSec ?? 0);
  return { last: n, before, tracks: (before?.tracks ?? 0) + 1, sec, cost, taken };
}

/** Those that a track more brings nearer to what is wished for, and those that none does. */
function nextOnes(go: Go, open: readonly Beginning[]): { open: Beginning[]; ended: Beginning[] } {
  const { candidates, masters, wish, looked } = go;
  const costs = new Array<number>(candidates.length).fill(Number.POSITIVE_INFINITY);
  const from = new Array<Beginning | undefined>(candidates.length).fill(undefined);
  const ended: Beginning[] = [];
  for (const one of open) {
    const last = candidates[one.last];
    const left = wish.wantedSec - one.sec;
    let isEnd = true;
    for (const [n, candidate] of candidates.entries()) {
      if (!last || one.taken[masters[n] ?? n] === 1 || candidate.durationSec >= 2 * left) continue;
      looked.pairs += 1;
      const mix = mixOf(last, candidate, wish);
      if (!mix) continue;
      isEnd = false;
      const cost = one.cost + mix.cost + fitOf(go, n, one.sec);
      if (cost >= (costs[n] ?? 0)) continue;
      costs[n] = cost;
      from[n] = one;
    }
    if (isEnd) ended.push(one);
  }
  const kept = cheapest(costs).flatMap((n) => {
    const one = from[n];
    return one ? [goOn(go, one, n, costs[n] ?? 0)] : [];
  });
  return { open: kept, ended };
}

/** The places of the lowest few, the first of equals first. */
function cheapest(costs: readonly number[]): number[] {
  return costs
    .map((cost, n) => ({ cost, n }))
    .filter(({ cost }) => Number.isFinite(cost))
    .sort((a, b) => a.cost - b.cost || a.n - b.n)
    .slice(0, beginnings)
    .map(({ n }) => n);
}

function rankOf({ cost, tracks, sec }: Beginning, { wantedSec }: Wish): number {
  return cost / tracks + (Math.abs(wantedSec - sec) / 60) * costPerMinute;
}

function tell<T extends Arrangeable>(candidates: readonly T[], best: Beginning, wish: Wish): Arranged<T>[] {
  const places: number[] = [];
  for (let one: Beginning | undefined = best; one; one = one.before) places.unshift(one.last);
  let startSec = 0;
  let before: T | undefined;
  return places.flatMap((n) => {
    const track = candidates[n];
    if (!track) return [];
    const arranged = { track, startSec, transition: before ? (mixOf(before, track, wish) ?? null) : null };
    startSec += track.durationSec;
    before = track;
    return [arranged];
  });
}
