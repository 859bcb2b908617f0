import type { ChainStep } from "@segue/contracts";

export interface PlacedStep {
  readonly step: ChainStep;
  readonly x: number;
  readonly y: number;
}

export interface Edge {
  /** Null: from the master. */
  readonly from: string | null;
  readonly to: string;
  readonly kind: string;
  readonly path: string;
}

export interface FleetGraph {
  readonly steps: readonly PlacedStep[];
  readonly edges: readonly Edge[];
  readonly width: number;
  readonly height: number;
  /** Where the master stands: of what nobody makes. */
  readonly source: { readonly x: number; readonly y: number };
}

/** Of a step, in px. */
export const [stepWidth, stepHeight] = [176, 92];
export const sourceWidth = 76;
const [columnGap, rowGap] = [64, 20];

/** The chain from left to right: a step stands behind all that it depends on, in the order of the chain from above. */
export function layFleet(steps: readonly ChainStep[]): FleetGraph {
  const producers = new Map(steps.flatMap((step) => step.produces.map((kind) => [kind, step] as const)));
  const columns = new Map<string, number>();
  for (const step of steps) {
    const before = step.consumes.map((kind) => columns.get(producers.get(kind)?.name ?? "") ?? -1);
    columns.set(step.name, Math.max(-1, ...before) + 1);
  }
  const byColumn = Map.groupBy(steps, ({ name }) => columns.get(name) ?? 0);
  const mostRows = Math.max(1, ...[...byColumn.values()].map(({ length }) => length));
  const height = mostRows * (stepHeight + rowGap) - rowGap;
  const placed = [...byColumn].flatMap(([column, all]) => {
    const top = (height - (all.length * (stepHeight + rowGap) - rowGap)) / 2;
    return all.map((step, row) => ({
      step,
      x: sourceWidth + columnGap + column * (stepWidth + columnGap),
      y: top + row * (stepHeight + rowGap),
    }));
  });
  const source = { x: 0, y: height / 2 };
  const places = new Map(placed.map((place) => [place.step.name, place]));
  const edges = placed.flatMap(({ step, x, y }) =>
    step.consumes.map((kind): Edge => {
      const from = places.get(producers.get(kind)?.name ?? "");
      const start = from
        ? { x: from.x + stepWidth, y: from.y + stepHeight / 2 }
        : { ...source, x: sourceWidth };
      return {
        from: from?.step.name ?? null,
        to: step.name,
        kind,
        path: curve(start, { x, y: y + stepHeight / 2 }),
      };
    }),
  );
  const width = Math.max(...placed.map(({ x }) => x + stepWidth), sourceWidth);
  return { steps: placed, edges, width, height, source };
}

type Point = { readonly x: number; readonly y: number };

function curve(from: Point, to: Point): string {
  const bend = Math.max(columnGap / 2, (to.x - from.x) / 2);
  return `M ${from.x} ${from.y} C ${from.x + bend} ${from.y}, ${to.x - bend} ${to.y}, ${to.x} ${to.y}`;
}
