import type { ArtifactRecord, Pieces, RequestBlock, Task } from "@segue/contracts";
import type { Delivery } from "@segue/queue";

/** What is known of every delivery that could be read. */
export interface Given {
  readonly delivery: Delivery;
  /** Its addresses say where everything is, as far as is known by now. */
  readonly request: RequestBlock;
  /** The pieces that are to be made; null: all that is left to do. */
  readonly pieces: Pieces | null;
}

/** What a delivery asks of a step, whatever it came as. */
export interface Errand extends Given {
  /** The record that came with a fact, so that it need not be read again. */
  readonly announced: ArtifactRecord | null;
  /** Whether an input that has never been made is asked for. It is no use after a fact: whoever makes it will tell. */
  readonly demands: boolean;
  /** Whether an earlier attempt may have left a checkpoint that is worth the look. */
  readonly resumes: boolean;
  /** Whether the payload itself is needed, by those that wait: nobody else is told of it. */
  readonly rebuilds: boolean;
  readonly waiting: readonly string[];
  /** The share of its pieces that the last that waits needs it for; undefined: all of its work. */
  readonly share: Pieces | undefined;
  readonly hops: number;
}

/** A task asks for what is missing, and may go on from where an attempt has come to. */
export function errandOfTask(given: Given, { waiting, share, hops }: Task): Errand {
  return {
    ...given,
    announced: null,
    demands: true,
    resumes: true,
    rebuilds: waiting.length > 0,
    waiting,
    share,
    hops,
  };
}

/** What a task to a step's own service, for the same errand, has in common with it. */
export function taskForOurselves(
  { step }: { readonly step: { readonly name: string } },
  { request, waiting, share, hops }: Errand,
) {
  return { step: step.name, request, waiting: [...waiting], ...(share ? { share } : {}), hops };
}

/** What is left of an errand, once some of it is done and stored: work that comes further does not go round. Whoever waits for it may. */
export function restOf(errand: Errand): Errand {
  return errand.waiting.length === 0 ? { ...errand, hops: 0 } : errand;
}

export function taskForTheRest(parts: Parameters<typeof taskForOurselves>[0], errand: Errand) {
  return taskForOurselves(parts, restOf(errand));
}
