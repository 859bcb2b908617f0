import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { NumberedResumption, Spent } from "@segue/artifacts";
import { type Json, type PayloadRef, StepError } from "@segue/contracts";
import type { AttemptRequests } from "@segue/step/attempt";
import type { HandlerParts } from "./handler-parts.ts";

/** Share of the time budget after which a step on long input stops at its next checkpoint. */
const stopAtBudgetShare = 0.5;

/** One attempt of a step that may yield: its files on their way to storage, and where it has come to. */
export interface LongRun {
  readonly requests: AttemptRequests;
  readonly resumed: NumberedResumption | null;
  /** The kind of an input that turned out to have expired while it was read in ranges. */
  expired(): string | undefined;
  /** Stores the checkpoint at which the step stopped, and all files before it. Returns its number. @param spent since the beginning. */
  saveCheckpoint(spent: Spent): Promise<number>;
  /** Stores what this attempt made, pieces in a row, when all of their files are. */
  saveShare(spent: Spent): Promise<void>;
  /** Waits until every yielded file is stored; returns the object names of some of them. */
  storedFiles(names: readonly string[]): Promise<string[]>;
  /** Whether this attempt has made files. */
  madeFiles(): boolean;
  /** Removes what the run left in storage, if it left anything. */
  discard(): Promise<void>;
}

export interface LongRunOptions {
  readonly address: string;
  readonly dir: string;
  /** When the budget began. */
  startedAt(): Date;
  /** Where the payloads of the inputs are, and of which kinds those are. */
  readonly payloads: ReadonlyMap<string, PayloadRef>;
  readonly resumed: NumberedResumption | null;
  /** Whether others may have left pieces. */
  readonly scatters: boolean;
}

export function createLongRun(parts: HandlerParts, options: LongRunOptions): LongRun {
  const { step, artifacts, checkpoints } = parts;
  const { address, dir, resumed } = options;
  const hasToEnd = () =>
    parts.draining.aborted ||
    parts.now().getTime() >= options.startedAt().getTime() + step.budget.timeMs * stopAtBudgetShare;
  const uploads = new Map<string, Promise<void>>();
  const files = [...(resumed?.files ?? [])];
  let state: Json = resumed?.state ?? null;
  let expiredKind: string | undefined;
  let fetched = 0;
  /** Of the pieces that this attempt has made, in their order. */
  const states: Json[] = [];
  let firstPiece = 0;

  const upload = (name: string, path: string) => {
    const storing = checkpoints.putFile(address, name, path).then(() => rm(path, { force: true }));
    // Failures are seen by whoever waits for the file.
    storing.catch(() => {});
    uploads.set(name, storing);
    files.push(name);
  };
  const allStored = () => Promise.all(uploads.values());
  /** A step never makes files faster than storage takes them: disk and memory stay flat. */
  const keep = async (made: Readonly<Record<string, string>>) => {
    await allStored();
    for (const [name, path] of Object.entries(made)) upload(name, path);
  };
  const newPath = () => {
    fetched += 1;
    return join(dir, `fetched-${fetched}`);
  };

  const fetchFrom = async (
    input: string,
    fetchTo: (payload: PayloadRef, path: string) => Promise<boolean>,
  ): Promise<string> => {
    const payload = options.payloads.get(input);
    const path = newPath();
    if (payload && (await fetchTo(payload, path))) return path;
    expiredKind = step.consumes[input]?.name ?? input;
    throw new StepError("aborted", `${input} has expired`);
  };

  return {
    resumed,
    expired: () => expiredKind,
    requests: {
      async checkpoint(nextState, nextFiles) {
        await keep(nextFiles);
        state = nextState as Json;
        return hasToEnd() ? "stop" : "continue";
      },
      async piece(index, pieceState, pieceFiles) {
        await keep(pieceFiles);
        if (states.length === 0) firstPiece = index;
        states.push(pieceState as Json);
        return hasToEnd() ? "stop" : "continue";
      },
      fetchInput: (input) => fetchFrom(input, (payload, path) => artifacts.fetchPayload(payload, path)),
      fetchRange: (input, startByte, endByte) =>
        fetchFrom(input, (payload, path) => artifacts.fetchRange(payload, startByte, endByte, path)),
      async fetchFile(name) {
        await uploads.get(name);
        const path = newPath();
        if (await checkpoints.fetchFile(address, name, path)) return path;
        // Begin anew: what is left of the run is of no use.
        await checkpoints.discard(address);
        throw new StepError("step-failed", `the file ${name} of an earlier piece has expired`);
      },
    },
    async saveCheckpoint(spent) {
      await allStored();
      const number = (resumed?.number ?? 0) + 1;
      await checkpoints.save(address, { number, state, files, spent });
      return number;
    },
    async saveShare(spent) {
      await allStored();
      await checkpoints.saveShare(address, { from: firstPiece, states, spent });
    },
    async storedFiles(names) {
      await allStored();
      return names.map((name) => checkpoints.fileObject(address, name));
    },
    madeFiles: () => uploads.size > 0,
    async discard() {
      if (resumed || options.scatters || uploads.size > 0) await checkpoints.discard(address);
    },
  };
}
