import { Card, Empty, Figure, Trouble } from "../parts/parts.tsx";
import { ChainGraph } from "./chain-graph.tsx";
import { perMinute } from "./fleet-numbers.ts";
import { percentile } from "./sample.ts";
import { sayMs, sayRate } from "./say-numbers.ts";
import { StepsTable } from "./steps-table.tsx";
import { type ShownFleet, useFleet } from "./use-fleet.ts";

export function FleetPage() {
  const fleet = useFleet();
  const { steps, error } = fleet;
  return (
    <div class="fleet">
      <h1>Fleet</h1>
      <Trouble error={error} />
      <Figures fleet={fleet} />
      {steps === undefined ? (
        error === undefined ? (
          <Empty>Reading …</Empty>
        ) : null
      ) : (
        <div class="cards">
          <Card title="Chain" wide>
            <ChainGraph steps={steps} fleet={fleet} />
          </Card>
          <Card title="Steps in numbers" wide>
            <StepsTable steps={steps} fleet={fleet} />
          </Card>
          <FailuresCard fleet={fleet} />
          <ThroughputCard fleet={fleet} />
        </div>
      )}
    </div>
  );
}

function Figures({ fleet: { latest, now } }: { readonly fleet: ShownFleet }) {
  const states = latest?.states ?? new Map<string, number>();
  const underWay = (states.get("accepted") ?? 0) + (states.get("processing") ?? 0);
  const latencies = latest?.latenciesMs ?? [];
  const of = `of the latest ${latest?.count ?? 0}`;
  return (
    <dl class="figures is-large">
      <Figure label="Under way" value={String(underWay)} note={of} />
      <Figure label="Failed" value={String(states.get("failed") ?? 0)} note={of} />
      <Figure label="Ended" value={sayRate(perMinute(now.ended, now.seenMs))} note="tracks a minute" />
      <Figure label="Accepted" value={sayRate(perMinute(now.accepted, now.seenMs))} note="a minute" />
      <Figure label="Half took" value={sayMs(percentile(latencies, 50))} note="or less" />
      <Figure label="95 % took" value={sayMs(percentile(latencies, 95))} note="or less" />
    </dl>
  );
}

function FailuresCard({ fleet: { now } }: { readonly fleet: ShownFleet }) {
  return (
    <Card title="Failures by cause">
      {now.failures.length === 0 ? (
        <p class="quiet">None since this page was opened, or in five minutes.</p>
      ) : null}
      <ul class="pairs">
        {now.failures.map(({ step, code, count }) => (
          <li key={`${step} ${code}`}>
            <span class="code">{code}</span> <span class="quiet">{step}</span>
            <strong class="at-end">{count}</strong>
          </li>
        ))}
      </ul>
      <p>
        <a href="#/failed">All that have failed</a>
      </p>
    </Card>
  );
}

const [width, height] = [300, 80];

function ThroughputCard({ fleet: { now } }: { readonly fleet: ShownFleet }) {
  const most = Math.max(1, ...now.throughput);
  const slot = width / now.throughput.length;
  const total = now.throughput.reduce((sum, count) => sum + count, 0);
  return (
    <Card title="Steps that ended">
      <svg
        class="throughput"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${total} steps ended in the last five minutes`}
        preserveAspectRatio="none"
      >
        {now.throughput.map((count, index) => {
          const tall = (count / most) * (height - 2);
          const key = now.throughput.length - index;
          return <rect key={key} x={index * slot} y={height - tall - 1} width={slot - 2} height={tall + 1} />;
        })}
      </svg>
      <p class="quiet">
        {total} in the last five minutes, at most {most} in ten seconds. Counted while this page is open.
      </p>
    </Card>
  );
}
