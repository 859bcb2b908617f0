import { canonicalJson } from "@segue/chain";
import type { Json } from "@segue/contracts";

/** How one fact differs between two versions, over all tracks. */
export interface FactDiff {
  /** As in `bpm` or `warnings.0.code`; the empty string for facts that are one value. */
  readonly path: string;
  /** Tracks where it differs. */
  readonly tracks: number;
  /** Of numbers: mean and largest magnitude of the difference, over the tracks where it differs; null of anything else. */
  readonly meanDelta: number | null;
  readonly maxDelta: number | null;
  /** The largest difference; of others the first. */
  readonly example: { readonly track: string; readonly old: Json; readonly new: Json };
}

interface Leaf {
  readonly path: string;
  readonly value: Json;
}

/** Gathers differences, track by track. */
export interface FactComparison {
  add(track: string, before: Json, after: Json): boolean;
  /** The most frequent first. */
  result(): readonly FactDiff[];
}

export function createComparison(): FactComparison {
  const diffs = new Map<string, FactDiff & { sum: number }>();
  const note = (path: string, track: string, before: Json, after: Json) => {
    const delta = typeof before === "number" && typeof after === "number" ? Math.abs(after - before) : null;
    const known = diffs.get(path);
    const tracks = (known?.tracks ?? 0) + 1;
    const sum = (known?.sum ?? 0) + (delta ?? 0);
    const isLargest = !known || (delta !== null && delta > (known.maxDelta ?? -1));
    diffs.set(path, {
      path,
      tracks,
      sum,
      meanDelta: delta === null ? (known?.meanDelta ?? null) : sum / tracks,
      maxDelta: delta === null ? (known?.maxDelta ?? null) : Math.max(delta, known?.maxDelta ?? 0),
      example: isLargest ? { track, old: before, new: after } : known.example,
    });
  };
  return {
    /** Returns whether anything differs. */
    add(track, before, after) {
      const [old, fresh] = [leavesOf(before), leavesOf(after)];
      const paths = new Set([...old.keys(), ...fresh.keys()]);
      let differs = false;
      for (const path of paths) {
        const [was, is] = [old.get(path) ?? null, fresh.get(path) ?? null];
        if (canonicalJson(was) === canonicalJson(is)) continue;
        differs = true;
        note(path, track, was, is);
      }
      return differs;
    },
    result: () => [...diffs.values()].map(({ sum: _, ...diff }) => diff).sort((a, b) => b.tracks - a.tracks),
  };
}

/** Objects are gone into; lists are one value: their places mean nothing from track to track. */
function leavesOf(value: Json, path = ""): ReadonlyMap<string, Json> {
  const leaves: Leaf[] = [];
  const visit = (item: Json, at: string) => {
    if (item !== null && typeof item === "object" && !Array.isArray(item)) {
      for (const [key, inner] of Object.entries(item)) visit(inner, at === "" ? key : `${at}.${key}`);
    } else leaves.push({ path: at, value: item });
  };
  visit(value, path);
  return new Map(leaves.map((leaf) => [leaf.path, leaf.value]));
}
