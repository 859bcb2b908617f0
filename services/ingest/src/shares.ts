import type { ProblemError } from "./problem-error.ts";

/** Of what there is so many of, who has how many. */
export interface Shares {
  /** @param whose undefined: nobody's in particular. @returns gives it back, once however often it is called. @throws {ProblemError} */
  take(whose: string | undefined): () => void;
  /** By all, nobody in particular included. */
  count(): number;
}

/** @param refuse what is said to whoever has as many as they may. */
export function createShares(
  mayTake: (taken: { readonly byThem: number; readonly byAll: number }) => boolean,
  refuse: () => ProblemError,
): Shares {
  const counts = new Map<string, number>();
  let byAll = 0;
  return {
    count: () => byAll,
    take(whose) {
      const byThem = whose === undefined ? 0 : (counts.get(whose) ?? 0);
      if (whose !== undefined && !mayTake({ byThem, byAll })) throw refuse();
      byAll += 1;
      if (whose !== undefined) counts.set(whose, byThem + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        byAll -= 1;
        if (whose === undefined) return;
        const left = (counts.get(whose) ?? 1) - 1;
        if (left > 0) counts.set(whose, left);
        else counts.delete(whose);
      };
    },
  };
}

/** Of what there is, what is kept for owners who have less than that themselves. */
const keptForOthers = 1 / 4;

/** Shares of owners: one alone may have all but a part, which is for those who come while it has. */
export function createOwnersShares(limit: number, refuse: (most: number) => ProblemError): Shares {
  const kept = Math.floor(limit * keptForOthers);
  return createShares(
    ({ byThem, byAll }) => byThem < kept || byAll < limit - kept,
    () => refuse(limit - kept),
  );
}
