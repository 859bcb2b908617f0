import { type ApiClient, type Clock, createFollower, hasEnded, mayPass, realClock } from "@segue/client";
import type { TrackResource } from "@segue/contracts";
import { createPace } from "./create-pace.ts";
import type { Display, Outcome } from "./display.ts";
import type { Journal } from "./journal.ts";
import { KnownKinds } from "./known-kinds.ts";
import type { FileFailure } from "./local-failures.ts";
import { SendFailure, sendFile, statFile } from "./send-file.ts";
import { createTally } from "./tally.ts";

export interface GivenFile {
  /** Absolute. */
  readonly path: string;
  /** As the user knows it. */
  readonly label: string;
  readonly title?: string;
}

export interface SessionOptions {
  readonly api: ApiClient;
  readonly journal: Journal;
  readonly files: readonly GivenFile[];
  /** What was given but stands for no file. */
  readonly failures: readonly FileFailure[];
  /** How a file that was given at an earlier start is called now. */
  readonly labelOf: (path: string) => string;
  readonly display: Display;
  readonly signal: AbortSignal;
  readonly pollMs?: number;
  readonly clock?: Clock;
  /** Told of every track that has ended, with the file as the user knows it; the next one waits for it. */
  onTrack?(file: string, track: TrackResource): Promise<void>;
}

/** What one of the workers does next: a file to send, or a track of an earlier start to follow. */
type Task = GivenFile & { readonly trackId?: string };

const workers = 8;

/**
 * Sends files, follows their tracks and those that an earlier start left unfinished, until all have ended or the
 * signal aborts. What the journal knows as accepted is followed, not sent again.
 *
 * @throws whatever is a defect: an answer that breaks the API's contract, a journal that can't be written.
 */
export async function runSession(options: SessionOptions): Promise<Outcome> {
  const { display, failures, signal } = options;
  const session = createSession(options);
  display.watch(session.tally.progress);
  for (const failure of failures) session.notSent(failure);
  try {
    await session.run();
  } catch (error) {
    // A consequence of the interruption, whatever it looks like.
    if (!signal.aborted) throw error;
  }
  const { tally } = session;
  return {
    progress: tally.progress(),
    rows: tally.rows(),
    ended: tally.endedTracks(),
    failures: tally.failures(),
  };
}

function createSession(options: SessionOptions) {
  const { api, journal, files, display, labelOf, clock = realClock } = options;
  const tally = createTally(clock.now);
  const kinds = new KnownKinds(api, clock.now);
  const pace = createPace({ clock });
  const labels = new Map<string, string>();
  const followed = new Set<string>();
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);

  const onEnded = async (track: TrackResource) => {
    await journal.ended(track.id, { sendAgain: deservesAnotherTry(track) });
    const file = labels.get(track.id) ?? track.fileName ?? track.id;
    const known = await untilItAnswers(() => kinds.of(track, signal), signal, clock, display);
    const row = tally.ended(track, file, known);
    labels.delete(track.id);
    await options.onTrack?.(file, track);
    display.changed();
    display.ended(row, track);
  };
  const follower = createFollower({
    api,
    signal,
    clock,
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
    onEnded,
    onProgress(track) {
      display.status(null);
      tally.observe(track);
      display.changed();
    },
    onTrouble: (reason) => display.status(`${reason}; asking again`),
  });
  const notSent = (failure: FileFailure) => {
    tally.expect(1);
    tally.notSent(failure);
    display.notSent(failure);
  };

  /** Follows a track that was accepted earlier; false if the API knows no such track. */
  const resume = async (trackId: string, label: string): Promise<boolean> => {
    if (followed.has(trackId)) {
      tally.forgetOne();
      return true;
    }
    followed.add(trackId);
    const track = await untilItAnswers(() => api.readTrack(trackId, { signal }), signal, clock, display);
    if (!track) {
      followed.delete(trackId);
      return false;
    }
    labels.set(trackId, label);
    tally.accepted();
    if (hasEnded(track)) await onEnded(track);
    else follower.add(trackId);
    return true;
  };
  const take = async ({ path, label, title, trackId }: Task): Promise<void> => {
    if (trackId !== undefined && (await resume(trackId, label))) return;
    const file = await statFile(path);
    const before = journal.find(file);
    if (before !== undefined && before !== trackId && (await resume(before, label))) return;
    const id = await sendFile(file, {
      api,
      pace,
      signal,
      ...(title === undefined ? {} : { title }),
      onWait: (reason) => display.status(reason),
    });
    await journal.accepted(file, id);
    followed.add(id);
    labels.set(id, label);
    tally.accepted();
    follower.add(id);
  };
  const work = async (tasks: Iterator<Task>): Promise<void> => {
    for (let next = tasks.next(); !next.done; next = tasks.next()) {
      signal.throwIfAborted();
      const { label } = next.value;
      try {
        await take(next.value);
      } catch (error) {
        if (!(error instanceof SendFailure)) throw error;
        const failure = { file: label, code: error.code, message: error.message };
        tally.notSent(failure);
        display.notSent(failure);
      }
    }
  };
  const sendAll = async (): Promise<void> => {
    const left = journal.unfinished().map((track) => ({ ...track, label: labelOf(track.path) }));
    tally.expect(left.length + files.length);
    const tasks = tasksOf(left, files);
    await Promise.all(Array.from({ length: workers }, () => work(tasks)));
    follower.close();
  };
  const run = async (): Promise<void> => {
    const parts = [sendAll(), follower.run()];
    try {
      await Promise.all(parts);
    } catch (error) {
      failing.abort(error);
      await Promise.allSettled(parts);
      throw error;
    }
  };
  return { tally, notSent, run };
}

function* tasksOf(left: readonly Task[], files: readonly GivenFile[]): Generator<Task, undefined> {
  yield* left;
  yield* files;
}

/** Codes that blame the file: it would fail again, however often it is sent. */
const blamesFile: ReadonlySet<string> = new Set([
  "empty-file",
  "not-audio",
  "no-audio-stream",
  "no-samples-decoded",
  "unsupported-codec",
  "forbidden-input",
  "too-long",
  "too-large",
]);

function deservesAnotherTry(track: TrackResource): boolean {
  return track.state !== "done" && track.steps.some(({ error }) => error && !blamesFile.has(error.code));
}

async function untilItAnswers<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  clock: Clock,
  display: Display,
): Promise<T> {
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      display.status(
        `the API does not answer (${error instanceof Error ? error.message : String(error)}); asking again`,
      );
      await clock.sleep(waitMs, signal);
    }
  }
}
