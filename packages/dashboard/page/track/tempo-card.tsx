import { formatPercent } from "@segue/wording";
import { Bar, Card } from "../parts/parts.tsx";
import type { TempoFacts } from "./beats.ts";
import { Curve } from "./curve.tsx";

export function TempoCard(props: {
  readonly facts: TempoFacts;
  readonly lengthSec: number;
  readonly isCorrected: boolean;
}) {
  const { facts, lengthSec, isCorrected } = props;
  const { bpm, confidence, pulseConfidence, octaveConfidence, alternatives, curve, reason } = facts;
  if (bpm === null)
    return (
      <Card title="Tempo" aside={isCorrected ? <Corrected /> : null}>
        <p class="none">No tempo{reason === undefined ? "" : `: ${reason}`}</p>
      </Card>
    );
  return (
    <Card title="Tempo" aside={isCorrected ? <Corrected /> : null}>
      <p class="big">
        {bpm.toFixed(1)} <small>BPM</small>
      </p>
      {isCorrected ? null : <Sure label="Sure of it" value={confidence} />}
      {pulseConfidence === undefined || isCorrected ? null : (
        <Sure label="That there is this pulse" value={pulseConfidence} />
      )}
      {octaveConfidence === undefined || isCorrected ? null : (
        <Sure label="That people count it so" value={octaveConfidence} />
      )}
      {alternatives.length === 0 ? null : (
        <>
          <h3>Could be heard at</h3>
          <ul class="pairs">
            {alternatives.map((other) => (
              <li key={`${other.relation} ${other.bpm}`}>
                <strong>{other.bpm.toFixed(1)}</strong> <span class="quiet">{other.relation}</span>
                {other.probability === undefined ? null : (
                  <span class="quiet at-end">{formatPercent(other.probability)}</span>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {curve.length < 2 ? null : (
        <>
          <h3>Over time</h3>
          <Curve
            label="Tempo over time"
            unit="BPM"
            points={curve.map((point) => ({ startSec: point.startSec, value: point.bpm }))}
            lengthSec={lengthSec}
          />
        </>
      )}
    </Card>
  );
}

/** Beside what a person says. */
export function Corrected() {
  return <span class="badge is-calm">corrected</span>;
}

export function Sure({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <div class="sure">
      <span>{label}</span>
      <Bar label={label} value={value} tone={value >= 0.5 ? "good" : "odd"} />
      <span class="quiet">{formatPercent(value)}</span>
    </div>
  );
}
