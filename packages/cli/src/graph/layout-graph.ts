import { type ChainGraph, makersOf } from "./describe-chain.ts";

/** A node or, for an edge that passes layers by, a point on its way. */
export interface Place {
  /** A step's name, or `masterPlace`. Points on the way have an id of their own. */
  readonly id: string;
  readonly layer: number;
  /** Whole rows from the middle; layers are centred. */
  readonly row: number;
}

export interface Route {
  /** The kind that is consumed. */
  readonly kind: string;
  /** The step that consumes it. */
  readonly to: string;
  /** Every place that it leads through, both ends included. */
  readonly places: readonly Place[];
}

export interface GraphLayout {
  readonly places: ReadonlyMap<string, Place>;
  readonly routes: readonly Route[];
  readonly layers: number;
  /** The most places that a layer has. */
  readonly rows: number;
}

/** What clients submit: no step has such a name. */
export const masterPlace = ">master";
const sweeps = 4;

/**
 * A layered layout (after Sugiyama, Tagawa, Toda, 1981): a node stands one layer behind the last of its inputs; edges that
 * pass a layer by get a place in it, so that nothing stands on them; the order within layers follows the mean of the
 * neighbours', which keeps crossings few.
 */
export function layoutGraph({ steps }: Pick<ChainGraph, "steps">): GraphLayout {
  const makers = makersOf({ steps });
  const placeOf = (kind: string) => makers.get(kind) ?? masterPlace;
  const layerOf = new Map([[masterPlace, 0]]);
  for (const { name, consumes } of steps)
    layerOf.set(name, 1 + Math.max(...consumes.map((kind) => layerOf.get(placeOf(kind)) ?? 0)));
  const layers: string[][] = [];
  for (const [id, layer] of layerOf) layers[layer] = [...(layers[layer] ?? []), id];
  const paths: { kind: string; to: string; ids: string[] }[] = [];
  for (const { name: to, consumes } of steps) {
    for (const kind of consumes) {
      const from = placeOf(kind);
      const [first, last] = [layerOf.get(from) ?? 0, layerOf.get(to) ?? 0];
      const ids = [from];
      for (let layer = first + 1; layer < last; layer++) {
        const id = `${kind}>${to}>${layer}`;
        layers[layer]?.push(id);
        ids.push(id);
      }
      paths.push({ kind, to, ids: [...ids, to] });
    }
  }
  orderLayers(layers, paths);
  const rows = Math.max(...layers.map((ids) => ids.length));
  const places = new Map<string, Place>();
  layers.forEach((ids, layer) => {
    ids.forEach((id, i) => {
      places.set(id, { id, layer, row: i - (ids.length - 1) / 2 });
    });
  });
  const routes = paths.map(({ kind, to, ids }) => ({
    kind,
    to,
    places: ids.flatMap((id) => places.get(id) ?? []),
  }));
  return { places, routes, layers: layers.length, rows };
}

/** Sorts every layer by the mean position of its neighbours: forwards by those before, backwards by those behind. */
function orderLayers(layers: string[][], paths: readonly { readonly ids: readonly string[] }[]): void {
  const before = new Map<string, string[]>();
  const behind = new Map<string, string[]>();
  for (const { ids } of paths) {
    ids.forEach((id, i) => {
      const next = ids[i + 1];
      if (next === undefined) return;
      behind.set(id, [...(behind.get(id) ?? []), next]);
      before.set(next, [...(before.get(next) ?? []), id]);
    });
  }
  const positions = new Map<string, number>();
  const note = (ids: readonly string[]) => {
    ids.forEach((id, i) => {
      positions.set(id, i - (ids.length - 1) / 2);
    });
  };
  for (const ids of layers) note(ids);
  const sortBy = (ids: string[], neighbours: ReadonlyMap<string, readonly string[]>) => {
    const mean = (id: string) => {
      const all = neighbours.get(id) ?? [];
      if (all.length === 0) return positions.get(id) ?? 0;
      return all.reduce((sum, other) => sum + (positions.get(other) ?? 0), 0) / all.length;
    };
    const means = new Map(ids.map((id) => [id, mean(id)]));
    ids.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0));
    note(ids);
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const ids of layers) sortBy(ids, before);
    for (const ids of [...layers].reverse()) sortBy(ids, behind);
  }
}
