import type { Key } from "@segue/contracts";
import { formatClock } from "@segue/wording";
import type { z } from "zod";
import { Card } from "../parts/parts.tsx";
import {
  majors,
  nameOf,
  nearnessOf,
  type Segment,
  segmentMiddle,
  segmentOf,
  segmentPath,
} from "./circle-of-fifths.ts";
import { Corrected, Sure } from "./tempo-card.tsx";

export type KeyFacts = z.output<typeof Key.facts>;

export function KeyCard(props: {
  readonly facts: KeyFacts;
  readonly lengthSec: number;
  readonly isCorrected: boolean;
}) {
  const { facts, lengthSec, isCorrected } = props;
  const { key, mode, camelot, openKey, confidence, curve, reason } = facts;
  if (key === null || mode === null)
    return (
      <Card title="Key" aside={isCorrected ? <Corrected /> : null}>
        <p class="none">No key{reason === undefined ? "" : `: ${reason}`}</p>
      </Card>
    );
  return (
    <Card title="Key" aside={isCorrected ? <Corrected /> : null}>
      <div class="key">
        <div>
          <p class="big">
            {key} <small>{mode}</small>
          </p>
          <p class="quiet">
            Camelot {camelot ?? "–"}, Open Key {openKey ?? "–"}
          </p>
        </div>
        <Circle segment={segmentOf(key, mode)} name={`${key} ${mode}`} />
      </div>
      {isCorrected ? null : <Sure label="Sure of it" value={confidence} />}
      {curve.length < 2 ? null : <KeyCurve curve={curve} lengthSec={lengthSec} />}
    </Card>
  );
}

const rings = [
  { ring: "major" as const, inner: 67, outer: 98 },
  { ring: "minor" as const, inner: 34, outer: 66 },
];

function Circle({ segment, name }: { readonly segment: Segment | undefined; readonly name: string }) {
  return (
    <svg class="circle" viewBox="-100 -100 200 200" role="img" aria-label={`${name} on the circle of fifths`}>
      {rings.flatMap(({ ring, inner, outer }) =>
        majors.map((_, place) => {
          const one = { place, ring };
          const near = segment ? nearnessOf(segment, one) : null;
          const middle = segmentMiddle(one, (inner + outer) / 2);
          return (
            <g key={`${ring} ${place}`} class={near === null ? "" : `is-${near}`}>
              <path d={segmentPath(one, inner, outer)} />
              <text x={middle.x} y={middle.y} class={ring}>
                {nameOf(one)}
              </text>
            </g>
          );
        }),
      )}
    </svg>
  );
}

/** The key over time, as stretches of one key each. */
function KeyCurve({ curve, lengthSec }: { readonly curve: KeyFacts["curve"]; readonly lengthSec: number }) {
  const stretches = curve.flatMap(({ startSec, key, mode }, index) => {
    const before = curve[index - 1];
    if (before && before.key === key && before.mode === mode) return [];
    const next = curve.slice(index + 1).find((point) => point.key !== key || point.mode !== mode);
    return [
      { startSec, endSec: next?.startSec ?? lengthSec, name: key === null ? "none" : `${key} ${mode}` },
    ];
  });
  return (
    <>
      <h3>Over time</h3>
      <ol class="stretches">
        {stretches.map(({ startSec, endSec, name }) => (
          <li key={startSec} style={{ flexGrow: Math.max(1, endSec - startSec) }}>
            {name} <span class="quiet">{formatClock(startSec)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
