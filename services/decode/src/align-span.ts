/** How a span was found to continue what precedes it. */
export interface Alignment {
  /** Byte of `head` at which the span begins. */
  readonly at: number;
  /**
   * `exact`: the samples before it are those that the previous span ended with. `near`: they are alike, as with codecs
   * whose decoders add noise of their own. `none`: they are not; `at` is where time stamps say it begins.
   */
  readonly match: "exact" | "near" | "none";
  /** The samples before the span are found once only: an exact match then needs no time stamp to be believed. */
  readonly unique: boolean;
}

/** Sum of differences, relative to the sum of magnitudes, up to which two stretches are the same music. */
const alikeBelow = 0.3;
const probes = 256;

/**
 * Finds where a span begins in audio that was decoded from before its beginning.
 *
 * Time stamps are not to be trusted alone: some containers round them to milliseconds, and damage shifts them. So the
 * end of what was decoded before is looked for: where it should be, then elsewhere.
 *
 * @param head 16-bit samples from the preroll on, whole frames.
 * @param tail the samples before the span, as decoded by whoever came before.
 * @param expected byte of `head` where time stamps say that the span begins.
 */
export function alignSpan(head: Buffer, tail: Buffer, expected: number, frameBytes: number): Alignment {
  let nearest: number | null = null;
  let matches = 0;
  // Twice is enough to know that it is not unique; silence would be found everywhere.
  for (let at = head.indexOf(tail); at >= 0 && matches < 2; at = head.indexOf(tail, at + 1)) {
    const end = at + tail.length;
    if (at % frameBytes !== 0) continue;
    matches += 1;
    if (nearest === null || Math.abs(end - expected) < Math.abs(nearest - expected)) nearest = end;
  }
  const unique = matches === 1;
  if (head.subarray(Math.max(0, expected - tail.length), expected).equals(tail)) {
    return { at: expected, match: "exact", unique };
  }
  if (nearest !== null) return { at: nearest, match: "exact", unique };
  return alignByLikeness(samplesOf(head), samplesOf(tail), expected, frameBytes);
}

function alignByLikeness(
  head: Int16Array,
  tail: Int16Array,
  expected: number,
  frameBytes: number,
): Alignment {
  const step = frameBytes / 2;
  const from = expected / 2 - tail.length;
  if (from >= 0 && difference(head, tail, from, 1) < alikeBelow)
    return { at: expected, match: "near", unique: false };
  let best = Number.POSITIVE_INFINITY;
  let bestAt = 0;
  const stride = Math.max(1, Math.floor(tail.length / probes)) | 1;
  for (let at = 0; at + tail.length <= head.length; at += step) {
    const found = difference(head, tail, at, stride);
    if (found < best) {
      best = found;
      bestAt = at;
    }
  }
  const alike = best < alikeBelow && difference(head, tail, bestAt, 1) < alikeBelow;
  return alike
    ? { at: (bestAt + tail.length) * 2, match: "near", unique: false }
    : { at: Math.min(expected, head.byteLength), match: "none", unique: false };
}

function difference(head: Int16Array, tail: Int16Array, at: number, stride: number): number {
  let difference = 0;
  // Rounding alone is no difference where there is next to no sound.
  let magnitude = tail.length / stride;
  for (let i = 0; i < tail.length; i += stride) {
    const sample = tail[i] ?? 0;
    difference += Math.abs((head[at + i] ?? 0) - sample);
    magnitude += Math.abs(sample);
  }
  return difference / magnitude;
}

function samplesOf(bytes: Buffer): Int16Array {
  if (bytes.byteOffset % 2 === 0) {
    return new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2));
  }
  return samplesOf(Buffer.from(Uint8Array.from(bytes).buffer));
}
