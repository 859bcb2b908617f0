export interface CurvePoint {
  readonly startSec: number;
  /** Null: none there. */
  readonly value: number | null;
}

const [width, height] = [300, 60];

/** A value over time: each point holds until the next one. */
export function Curve(props: {
  readonly label: string;
  readonly unit: string;
  readonly points: readonly CurvePoint[];
  readonly lengthSec: number;
}) {
  const { label, unit, points, lengthSec } = props;
  const values = points.flatMap(({ value }) => value ?? []);
  if (values.length === 0) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // A tempo that wavers by less is a straight line to a reader.
  const room = Math.max(most - least, 4);
  const yOf = (value: number) => height - 6 - ((value - (least + most - room) / 2) / room) * (height - 12);
  const xOf = (sec: number) => (Math.min(sec, lengthSec) / Math.max(lengthSec, 1)) * width;
  const path = points.map(({ startSec, value }, index) => {
    if (value === null) return "";
    const end = points[index + 1]?.startSec ?? lengthSec;
    const isJoined = (points[index - 1]?.value ?? null) !== null;
    return `${isJoined ? "L" : "M"} ${xOf(startSec)} ${yOf(value)} H ${xOf(end)}`;
  });
  const [from, to] = [least.toFixed(1), most.toFixed(1)];
  const words = from === to ? `${from} ${unit} all along` : `from ${from} to ${to} ${unit}`;
  return (
    <figure class="curve">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${label}: ${words}`}
        preserveAspectRatio="none"
      >
        <path d={path.join(" ")} vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption class="quiet">{words}</figcaption>
    </figure>
  );
}
