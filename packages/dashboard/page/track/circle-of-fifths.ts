/** The tonics of major keys, by fifths, from the top clockwise; minor keys stand with the major one that has their notes. */
export const majors = ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"] as const;
export const minors = ["A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F", "C", "G", "D"] as const;

function ringOf(mode: "major" | "minor"): readonly string[] {
  return mode === "major" ? majors : minors;
}

/** As people write them there: one name of the two that a tone may have. */
const written: Readonly<Record<string, string>> = {
  "C#": "D♭",
  "G#": "A♭",
  "D#": "E♭",
  "A#": "B♭",
  "F#": "F♯",
};
const sharps: Readonly<Record<string, string>> = {
  Db: "C#",
  Ab: "G#",
  Eb: "D#",
  Bb: "A#",
  Gb: "F#",
  Cb: "B",
};

export interface Segment {
  /** 0 at the top, clockwise to 11. */
  readonly place: number;
  readonly ring: "major" | "minor";
}

/** Where a key is on the circle; undefined of one that has no place there. */
export function segmentOf(key: string, mode: string): Segment | undefined {
  if (mode !== "major" && mode !== "minor") return undefined;
  const tonic = sharps[key] ?? key;
  const place = ringOf(mode).indexOf(tonic);
  return place < 0 ? undefined : { place, ring: mode };
}

export function nameOf({ place, ring }: Segment): string {
  const tonic = ringOf(ring)[place] ?? "";
  return (written[tonic] ?? tonic) + (ring === "minor" ? "m" : "");
}

/** How near two keys are: `same`; `near`: the neighbours by a fifth, and the relative key; else null. */
export function nearnessOf(one: Segment, other: Segment): "same" | "near" | null {
  const apart = Math.abs(one.place - other.place);
  const distance = Math.min(apart, majors.length - apart);
  if (one.ring !== other.ring) return distance === 0 ? "near" : null;
  if (distance === 0) return "same";
  return distance === 1 ? "near" : null;
}

/** The outline of a part of a ring as an SVG path, around 0 0. */
export function segmentPath({ place }: Segment, innerRadius: number, outerRadius: number): string {
  const turn = (2 * Math.PI) / majors.length;
  const at = (radius: number, angle: number) =>
    `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
  const [start, end] = [(place - 0.5) * turn, (place + 0.5) * turn];
  return (
    `M ${at(outerRadius, start)} A ${outerRadius} ${outerRadius} 0 0 1 ${at(outerRadius, end)} ` +
    `L ${at(innerRadius, end)} A ${innerRadius} ${innerRadius} 0 0 0 ${at(innerRadius, start)} Z`
  );
}

/** The middle of a part of a ring. */
export function segmentMiddle(
  { place }: Segment,
  radius: number,
): { readonly x: number; readonly y: number } {
  const angle = (place * 2 * Math.PI) / majors.length;
  return { x: radius * Math.sin(angle), y: -radius * Math.cos(angle) };
}
