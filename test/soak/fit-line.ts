/** A straight line through points, by least squares. */
export interface FittedLine {
  readonly slope: number;
  readonly intercept: number;
  /** Half the width of the slope's 95 % confidence interval. */
  readonly slopeMargin: number;
}

/**
 * Fits `y = intercept + slope * x`. The interval takes the residuals as independent: give it means of blocks, not samples
 * that follow one another closely.
 *
 * @throws {RangeError} for fewer than three points, or points at one x only.
 */
export function fitLine(points: readonly { readonly x: number; readonly y: number }[]): FittedLine {
  const n = points.length;
  if (n < 3) throw new RangeError(`expected three points or more, got ${n}`);
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  const sxx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (sxx === 0) throw new RangeError("expected points at different x");
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / sxx;
  const intercept = meanY - slope * meanX;
  const residual = points.reduce((sum, { x, y }) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, slopeMargin: studentT95(n - 2) * Math.sqrt(residual / (n - 2) / sxx) };
}

/** Means of equally many neighbours each: what is left of a sawtooth and of its correlation in time. */
export function meansOfBlocks(
  points: readonly { readonly x: number; readonly y: number }[],
  blocks: number,
): { x: number; y: number }[] {
  const means: { x: number; y: number }[] = [];
  for (let block = 0; block < blocks; block++) {
    const from = Math.floor((block * points.length) / blocks);
    const part = points.slice(from, Math.floor(((block + 1) * points.length) / blocks));
    if (part.length === 0) continue;
    means.push({
      x: part.reduce((sum, { x }) => sum + x, 0) / part.length,
      y: part.reduce((sum, { y }) => sum + y, 0) / part.length,
    });
  }
  return means;
}

/** Two-sided 95 % quantile of Student's t (Cornish-Fisher expansion; within 2 % from 3 degrees of freedom on). */
export function studentT95(degrees: number): number {
  const z = 1.959964;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3;
}
