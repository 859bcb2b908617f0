import { useState } from "preact/hooks";
import { sayProblem } from "../api/api-problem.ts";

/** Something that a button does: one at a time, and what came of it in words. */
export interface Action {
  readonly isBusy: boolean;
  readonly said: { readonly text: string; readonly isBad: boolean } | null;
  /** @param act answers with what is said once it is done. */
  run(act: () => Promise<string>): void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState<Action["said"]>(null);
  return {
    isBusy,
    said,
    run(act) {
      if (isBusy) return;
      setBusy(true);
      setSaid(null);
      act()
        .then((text) => setSaid({ text, isBad: false }))
        .catch((error: unknown) => setSaid({ text: sayProblem(error), isBad: true }))
        .finally(() => setBusy(false));
    },
  };
}
