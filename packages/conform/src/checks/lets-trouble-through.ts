import { StepError } from "@segue/contracts";
import type { AttemptEvent } from "@segue/step/attempt";
import type { Check } from "../check.ts";
import { describeError, isSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Ended, Succeeded } from "../run-to-end.ts";
import { places } from "../spread.ts";

const mostPlaces = 3;

interface Trouble {
  readonly what: string;
  make(): Error;
  /** What the step's own error must still say; null: any that is no verdict, since the runner knows the cause itself. */
  readonly code: string | null;
}

const troubles: readonly Trouble[] = [
  {
    what: "an input that has expired",
    make: () => new StepError("aborted", "the input has expired"),
    code: null,
  },
  {
    what: "storage that is away",
    make: () => new StepError("storage-unavailable", "storage answered 503"),
    code: "storage-unavailable",
  },
  {
    what: "a disk that is full",
    make: () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
    code: "worker-unfit",
  },
];

/** What a fetch fails with says nothing of the track: it goes on to the runner, which knows what to do. */
export const letsTroubleThrough: Check = {
  title: "an input that has expired, and storage that is away, end the attempt, and are no verdict",
  async run(subject) {
    let fetches = 0;
    for (const sample of [...subject.samples.slice(0, 1), ...subject.long]) {
      const { made, events } = await subject.reference(sample);
      const seen = events.filter(isFetch);
      fetches += seen.length;
      for (const place of places(seen.length, mostPlaces))
        for (const trouble of troubles) {
          const ended = await subject.run(sample, { observe: failAt(place, trouble) });
          const at = `${trouble.what}, at its ${seen[place]?.type} ${place + 1} of ${seen.length}`;
          judge(made, ended, trouble, `"${sample.name}", ${at}`);
        }
    }
    return fetches > 0 ? { measured: `${fetches} fetches` } : { skipped: "it fetches nothing by itself" };
  },
};

function isFetch({ type }: AttemptEvent): boolean {
  return type === "fetch" || type === "fetch-range" || type === "fetch-file";
}

function failAt(place: number, trouble: Trouble): (event: AttemptEvent) => void {
  let seen = -1;
  return (event) => {
    if (!isFetch(event)) return;
    seen += 1;
    if (seen === place) throw trouble.make();
  };
}

function judge(made: Succeeded, ended: Ended, { code }: Trouble, what: string): void {
  if (ended.status === "succeeded") {
    if (isSame(made, ended)) return;
    throw new Nonconformance(`${what}: expected the attempt to end, got a result without it`);
  }
  if (ended.error.permanent)
    throw new Nonconformance(`${what}: it blames the input: ${describeError(ended.error)}`);
  if (code !== null && ended.error.code !== code)
    throw new Nonconformance(
      `${what}: expected ${code} to be let through, got ${describeError(ended.error)}`,
    );
}
