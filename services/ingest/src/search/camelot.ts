/** Keys as on the Camelot wheel: 1 to 12 around it by fifths, `A` minor and `B` major. */
import type { Transition } from "@segue/contracts";

/** A key, and those that go with it: a fifth up and down, and its relative. */
export function harmonicWith(camelot: string): string[] {
  const number = Number.parseInt(camelot, 10);
  const letter = camelot.at(-1) ?? "";
  const up = (number % 12) + 1;
  const down = ((number + 10) % 12) + 1;
  return [camelot, `${down}${letter}`, `${up}${letter}`, `${number}${letter === "A" ? "B" : "A"}`];
}

/** Of two keys as `camelotOf` writes them: those that go together are `harmonicWith` one another. */
export function keyRelation(from: string | null, to: string | null): Transition["key"] {
  const steps = wheelSteps(from, to);
  if (steps === undefined) return "unknown";
  if (steps.around === 0) return steps.across === 0 ? "same" : "relative";
  return steps.around === 1 && steps.across === 0 ? "neighbour" : "other";
}

const place = /^(1[0-2]|[1-9])([AB])$/;

/** Around the wheel (0 to 6), and between its rings (0 or 1); undefined: one of them is no key. */
export function wheelSteps(from: string | null, to: string | null) {
  const [, a, ringA] = place.exec(from ?? "") ?? [];
  const [, b, ringB] = place.exec(to ?? "") ?? [];
  if (a === undefined || b === undefined) return undefined;
  const apart = Math.abs(Number(a) - Number(b));
  return { around: Math.min(apart, 12 - apart), across: ringA === ringB ? 0 : 1 };
}
