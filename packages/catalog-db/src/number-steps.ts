/** Lists of numbers as the differences from one to the next, in whole multiples of 1 / scale: small where beats are steady. */

export interface NumberSteps {
  readonly scale: number;
  /** The first is from 0. */
  readonly steps: readonly number[];
}

const scales = [1, 10, 100, 1_000];
/** What two of them differ by, and what two of such differ by, is whole too. */
const mostWhole = Math.floor(Number.MAX_SAFE_INTEGER / 4);

/** Undefined: it is no list of numbers, or would come back otherwise than it was. */
export function toSteps(value: unknown): NumberSteps | undefined {
  if (!Array.isArray(value) || !value.every(isNumber)) return undefined;
  const scale = scales.find((each) => value.every((number) => isMultiple(number, each)));
  if (scale === undefined) return undefined;
  const whole = value.map((number) => Math.round(number * scale));
  return { scale, steps: whole.map((number, index) => number - (whole[index - 1] ?? 0)) };
}

export function fromSteps({ scale, steps }: NumberSteps): number[] {
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    return sum / scale;
  });
}

function isMultiple(number: number, scale: number): boolean {
  const whole = Math.round(number * scale);
  return Math.abs(whole) <= mostWhole && whole / scale === number && !Object.is(number, -0);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
