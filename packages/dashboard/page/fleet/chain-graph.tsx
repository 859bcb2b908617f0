import type { ChainStep } from "@segue/contracts";
import { useMemo } from "preact/hooks";
import { layFleet, type PlacedStep, sourceWidth, stepHeight, stepWidth } from "./fleet-graph.ts";
import { perMinute } from "./fleet-numbers.ts";
import { percentile } from "./sample.ts";
import { sayMs, sayRate } from "./say-numbers.ts";
import type { ShownFleet } from "./use-fleet.ts";

/** Steps as they feed each other. All that it says stands in the table as well. */
export function ChainGraph({
  steps,
  fleet,
}: {
  readonly steps: readonly ChainStep[];
  readonly fleet: ShownFleet;
}) {
  const graph = useMemo(() => layFleet(steps), [steps]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the screen has to be reached by keys
    <section class="graph" aria-label="The chain, from left to right" tabIndex={0}>
      <svg
        width={graph.width + 2}
        height={graph.height + 4}
        viewBox={`-1 -2 ${graph.width + 2} ${graph.height + 4}`}
        role="img"
        aria-label={`The chain: ${steps.map(({ name }) => name).join(", ")}`}
      >
        {graph.edges.map(({ from, to, kind, path }) => (
          <path key={`${from} ${to} ${kind}`} class="edge" d={path}>
            <title>{kind}</title>
          </path>
        ))}
        <g class="source" transform={`translate(0 ${graph.source.y - 18})`}>
          <rect width={sourceWidth} height={36} rx={18} />
          <text x={sourceWidth / 2} y={23}>
            master
          </text>
        </g>
        {graph.steps.map((placed) => (
          <StepBox key={placed.step.name} placed={placed} fleet={fleet} />
        ))}
      </svg>
    </section>
  );
}

function StepBox({
  placed: { step, x, y },
  fleet,
}: {
  readonly placed: PlacedStep;
  readonly fleet: ShownFleet;
}) {
  const { name, version, produces, budget } = step;
  const waiting = fleet.latest?.waiting.get(name) ?? 0;
  const { succeeded = 0, failed = 0 } = fleet.now.steps.get(name) ?? {};
  const durations = fleet.durations.get(name) ?? [];
  const p95 = percentile(durations, 95);
  const share = p95 === undefined ? 0 : Math.min(1, p95 / budget.timeMs);
  return (
    <g
      class={failed > 0 ? "step is-bad" : waiting > 0 ? "step is-busy" : "step"}
      transform={`translate(${x} ${y})`}
    >
      <rect class="step-box" width={stepWidth} height={stepHeight} rx={10} />
      <text class="step-name" x={12} y={22}>
        {name} <tspan class="quiet">v{version}</tspan>
      </text>
      <text class="quiet" x={12} y={40}>
        {produces.join(", ")}
      </text>
      <text x={12} y={60}>
        {sayRate(perMinute(succeeded + failed, fleet.now.seenMs))}/min, {waiting} waiting
      </text>
      <text class="quiet" x={12} y={76}>
        {sayMs(percentile(durations, 50))}, {sayMs(p95)} at p95
      </text>
      <rect class="budget" x={12} y={82} width={stepWidth - 24} height={3} rx={1.5} />
      <rect class="budget-used" x={12} y={82} width={(stepWidth - 24) * share} height={3} rx={1.5} />
    </g>
  );
}
