import type { ChainStep } from "@segue/contracts";
import { formatLatency } from "@segue/wording";
import { perMinute } from "./fleet-numbers.ts";
import { percentile } from "./sample.ts";
import { sayMs, sayRate } from "./say-numbers.ts";
import type { ShownFleet } from "./use-fleet.ts";

const numbers = ["Waiting", "Ended a minute", "Failed", "p50", "p95", "Budget"];

export function StepsTable({
  steps,
  fleet,
}: {
  readonly steps: readonly ChainStep[];
  readonly fleet: ShownFleet;
}) {
  const { latest, now, durations } = fleet;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the screen has to be reached by keys
    <section class="scroll" aria-label="Numbers of each step" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Service</th>
            {numbers.map((name) => (
              <th key={name} scope="col" class="is-number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map(({ name, version, service, budget }) => {
            const { succeeded = 0, failed = 0 } = now.steps.get(name) ?? {};
            const taken = durations.get(name) ?? [];
            return (
              <tr key={name}>
                <th scope="row">
                  {name} <span class="quiet">v{version}</span>
                </th>
                <td>{service}</td>
                <td class="is-number">{latest?.waiting.get(name) ?? 0}</td>
                <td class="is-number">{sayRate(perMinute(succeeded + failed, now.seenMs))}</td>
                <td class="is-number">{failed}</td>
                <td class="is-number">{sayMs(percentile(taken, 50))}</td>
                <td class="is-number">{sayMs(percentile(taken, 95))}</td>
                <td class="is-number quiet">{formatLatency(budget.timeMs)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="quiet">
        Waiting: of the latest {latest?.count ?? 0} tracks. Times: of attempts that ended the latest of them,
        where the key may see how work was done. Rates and failures: of the last five minutes that this page
        was open.
      </p>
    </section>
  );
}
