import type { TrackHistory } from "@segue/contracts";
import { formatLatency } from "@segue/wording";
import { Card } from "../parts/parts.tsx";
import { sayInstant } from "../parts/say-time.ts";
import { attemptsFor, layWaterfall, ticksOf, type WaterfallRow } from "./waterfall.ts";

/** Which step ran when, for each request that had something computed. */
export function WaterfallCard({ history }: { readonly history: TrackHistory }) {
  const { requests, attempts, events, putOff } = history;
  const parts = requests.flatMap((request) => {
    const waterfall = layWaterfall(attemptsFor(history, request.id));
    return waterfall ? [{ request, waterfall }] : [];
  });
  return (
    <Card title="Steps" wide>
      {attempts.length === 0 ? (
        <p class="quiet">No attempt is told: none has ended yet, or the key has no scope `operate`.</p>
      ) : null}
      {parts.toReversed().map(({ request, waterfall }) => (
        <div key={request.id} class="waterfall">
          <h3>
            {request.cause} <span class="quiet">{sayInstant(request.requestedAt)}</span>
          </h3>
          <div class="waterfall-head" aria-hidden="true">
            {ticksOf(waterfall.lengthMs).map((ms) => (
              <span key={ms} style={{ left: `${(100 * ms) / waterfall.lengthMs}%` }}>
                {formatLatency(ms)}
              </span>
            ))}
          </div>
          <ol>
            {waterfall.rows.map((row) => (
              <Row key={row.step} row={row} />
            ))}
          </ol>
        </div>
      ))}
      {putOff.map(({ step, until, reason }) => (
        <p key={step} class="note">
          {step} is put off until {sayInstant(until)}: {reason}
        </p>
      ))}
      {events.map(({ at, detail }) => (
        <p key={`${at} ${detail}`} class="quiet">
          {sayInstant(at)}: {detail}
        </p>
      ))}
    </Card>
  );
}

function Row({ row: { step, bars, totalMs, code } }: { readonly row: WaterfallRow }) {
  return (
    <li class="waterfall-row">
      <span class="waterfall-step">{step}</span>
      <span class="waterfall-line" aria-hidden="true">
        {bars.map(({ start, length, status, title }) => (
          <span
            key={`${start} ${title}`}
            class={`waterfall-bar is-${status === "failed" ? "bad" : status === "succeeded" ? "good" : "calm"}`}
            style={{ left: `${100 * start}%`, width: `${100 * length}%` }}
            title={title}
          />
        ))}
      </span>
      <span class="waterfall-time">
        {formatLatency(totalMs)}
        {bars.length > 1 ? <span class="quiet"> in {bars.length}</span> : null}
        {code === null ? null : <span class="code"> {code}</span>}
      </span>
    </li>
  );
}
