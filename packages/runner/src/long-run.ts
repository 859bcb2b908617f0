import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Moved, NumberedResumption, Spent } from "@segue/artifacts";
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
  /** Whether this attempt has come to a checkpoint, or has made a piece. */
  hasMade(what: "checkpoint" | "pieces"): boolean;
  /** Stores the checkpoint at which the step stopped, and all files before it. Returns its number. @param spent since the beginning. */
  saveCheckpoint(spent: Spent): Promise<number>;
  /** Stores what this attempt made, pieces in a row, when all of their files are. */
  saveShare(spent: Spent): Promise<void>;
  /** Waits until every yielded file is stored; returns the object names of some of them. */
  storedFiles(names: readonly string[]): Promise<string[]>;
  /** Files that this attempt has made, on their way to storage or there. */
  readonly uploads: ReadonlyMap<string, Promise<void>>;
  /** Removes what the run left, which is of no use. @throws {StepError} `step-failed`: the next attempt begins anew. */
  beginAnew(why: string): Promise<never>;
  /** Removes what the run left in storage. */
  discard(): Promise<void>;
}

export interface LongRunOptions {
  /** Whoever goes on with the run finds by it what was left. */
  readonly name: string;
  readonly dir: string;
  /** When the budget began. */
  startedAt(): Date;
  /** Where the payloads of the inputs are, and of which kinds those are. */
  readonly payloads: ReadonlyMap<string, PayloadRef>;
  readonly resumed: NumberedResumption | null;
  /** Of the files of pieces that others have made, those that are not at their own names. */
  readonly moved: Moved;
}

/** Where a run has come to. */
interface Progress {
  /** Files on their way to storage, or there. */
  readonly uploads: Map<string, Promise<void>>;
  /** Names of all files so far, of earlier attempts too. */
  readonly files: string[];
  /** Of these, and of pieces, those that are not at their own names. */
  readonly moved: Record<string, string>;
  /** Of the latest checkpoint. */
  state: Json;
  /** Checkpoints of this attempt. */
  checkpoints: number;
  /** Of the pieces that this attempt has made, in their order. */
  readonly states: Json[];
  firstPiece: number;
  expiredKind: string | undefined;
  fetched: number;
}

export function createLongRun(parts: HandlerParts, options: LongRunOptions): LongRun {
  const { checkpoints } = parts;
  const { name, resumed } = options;
  const run: Progress = {
    uploads: new Map(),
    files: [...(resumed?.files ?? [])],
    moved: { ...options.moved, ...resumed?.moved },
    state: resumed?.state ?? null,
    checkpoints: 0,
    states: [],
    firstPiece: 0,
    expiredKind: undefined,
    fetched: 0,
  };
  return {
    resumed,
    expired: () => run.expiredKind,
    requests: { ...answerProgress(parts, options, run), ...answerFetches(parts, options, run) },
    hasMade: (what) => (what === "pieces" ? run.states.length : run.checkpoints) > 0,
    async saveCheckpoint(spent) {
      await allStored(run);
      const number = (resumed?.number ?? 0) + 1;
      const { state, files, moved } = run;
      await checkpoints.save(name, { number, state, files, moved, spent });
      return number;
    },
    async saveShare(spent) {
      await allStored(run);
      const { firstPiece: from, states, files, moved } = run;
      await checkpoints.saveShare(name, { from, states, files, moved, spent });
    },
    async storedFiles(names) {
      await allStored(run);
      return names.map((file) => objectOf(parts, name, run, file));
    },
    uploads: run.uploads,
    beginAnew: (why) => beginAnew(parts, name, why),
    discard: () => checkpoints.discard(name),
  };
}

async function beginAnew({ checkpoints }: HandlerParts, name: string, why: string): Promise<never> {
  await checkpoints.discard(name);
  throw new StepError("step-failed", why);
}

function objectOf({ checkpoints }: HandlerParts, name: string, { moved }: Progress, file: string): string {
  return moved[file] ?? checkpoints.fileObject(name, file);
}

function allStored({ uploads }: Progress): Promise<unknown> {
  return Promise.all(uploads.values());
}

/** What the step says of how far it has come; it is told whether to go on. */
function answerProgress(
  parts: HandlerParts,
  { name: runName, startedAt }: LongRunOptions,
  run: Progress,
): Pick<AttemptRequests, "checkpoint" | "piece"> {
  const { step, checkpoints, draining } = parts;
  const goOn = () => {
    const endsAtMs = startedAt().getTime() + step.budget.timeMs * stopAtBudgetShare;
    return draining.aborted || parts.now().getTime() >= endsAtMs ? "stop" : "continue";
  };
  const upload = (name: string, path: string) => {
    const storing = checkpoints.putFile(runName, name, path).then((object) => {
      if (object === checkpoints.fileObject(runName, name)) delete run.moved[name];
      else run.moved[name] = object;
      return rm(path, { force: true });
    });
    // Failures are seen by whoever waits for the file.
    storing.catch(() => {});
    run.uploads.set(name, storing);
    run.files.push(name);
  };
  /** A step never makes files faster than storage takes them: disk and memory stay flat. */
  const keep = async (made: Readonly<Record<string, string>>) => {
    await allStored(run);
    for (const [name, path] of Object.entries(made)) upload(name, path);
  };
  return {
    async checkpoint(state, files) {
      await keep(files);
      run.state = state as Json;
      run.checkpoints += 1;
      return goOn();
    },
    async piece(index, state, files) {
      await keep(files);
      if (run.states.length === 0) run.firstPiece = index;
      run.states.push(state as Json);
      return goOn();
    },
  };
}

/** What the step asks for of its inputs and of earlier pieces. */
function answerFetches(
  parts: HandlerParts,
  { name: runName, dir, payloads }: LongRunOptions,
  run: Progress,
): Pick<AttemptRequests, "fetchInput" | "fetchRange" | "fetchFile"> {
  const { step, artifacts, checkpoints } = parts;
  const newPath = () => {
    run.fetched += 1;
    return join(dir, `fetched-${run.fetched}`);
  };
  const fetchFrom = async (
    input: string,
    fetchTo: (payload: PayloadRef, path: string) => Promise<boolean>,
  ): Promise<string> => {
    const payload = payloads.get(input);
    const path = newPath();
    if (payload && (await fetchTo(payload, path))) return path;
    run.expiredKind = step.consumes[input]?.name ?? input;
    throw new StepError("aborted", `${input} has expired`);
  };
  return {
    fetchInput: (input) => fetchFrom(input, (payload, path) => artifacts.fetchPayload(payload, path)),
    fetchRange: (input, startByte, endByte) =>
      fetchFrom(input, (payload, path) => artifacts.fetchRange(payload, startByte, endByte, path)),
    async fetchFile(name) {
      await run.uploads.get(name);
      const path = newPath();
      if (await checkpoints.fetchFile(objectOf(parts, runName, run, name), path)) return path;
      return await beginAnew(parts, runName, `the file ${name} of an earlier piece has expired`);
    },
  };
}
