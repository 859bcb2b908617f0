import {
  type ApiClient,
  type Clock,
  createFollower,
  type Follower,
  hasEnded,
  mayPass,
  realClock,
} from "@segue/client";
import type { TrackResource } from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { createPace, type Pace } from "./create-pace.ts";
import type { Display, Outcome } from "./display.ts";
import type { Journal } from "./journal.ts";
import { KnownKinds, targetsSince } from "./known-kinds.ts";
import type { FileFailure } from "./local-failures.ts";
import { SendFailure, sendFile, statFile } from "./send-file.ts";
import { createTally, type Tally } from "./tally.ts";

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
  const session = new Session(options);
  display.watch(session.tally.progress);
  session.tally.expect(failures.length);
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
    targetsSince: [...session.targetsSince],
  };
}

/** The sending, and the following, of one start. */
class Session {
  readonly tally: Tally;
  /** Of tracks of an earlier start. */
  readonly targetsSince = new Set<string>();
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #kinds: KnownKinds;
  readonly #pace: Pace;
  readonly #labels = new Map<string, string>();
  readonly #followed = new Set<string>();
  readonly #failing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #follower: Follower;

  constructor(options: SessionOptions) {
    const { api, pollMs, display, clock = realClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.tally = createTally(clock.now);
    this.#kinds = new KnownKinds(api, clock.now);
    this.#pace = createPace({ clock });
    this.#signal = AbortSignal.any([options.signal, this.#failing.signal]);
    this.#follower = createFollower({
      api,
      signal: this.#signal,
      clock,
      ...(pollMs === undefined ? {} : { pollMs }),
      onEnded: (track) => this.#end(track),
      onProgress: (track) => {
        display.status(null);
        this.tally.observe(track);
        display.changed();
      },
      onTrouble: (reason) => display.status(`${reason}; asking again`),
    });
  }

  async run(): Promise<void> {
    const parts = [this.#sendAll(), this.#follower.run()];
    try {
      await Promise.all(parts);
    } catch (error) {
      this.#failing.abort(error);
      await Promise.allSettled(parts);
      throw error;
    }
  }

  notSent(failure: FileFailure): void {
    this.tally.notSent(failure);
    this.#options.display.notSent(failure);
  }

  async #sendAll(): Promise<void> {
    const { journal, files, labelOf } = this.#options;
    const left = journal.unfinished().map((track) => ({ ...track, label: labelOf(track.path) }));
    this.tally.expect(left.length + files.length);
    const tasks = tasksOf(left, files);
    await Promise.all(Array.from({ length: workers }, () => this.#work(tasks)));
    this.#follower.close();
  }

  async #work(tasks: Iterator<Task>): Promise<void> {
    for (let next = tasks.next(); !next.done; next = tasks.next()) {
      this.#signal.throwIfAborted();
      const { label } = next.value;
      try {
        await this.#take(next.value);
      } catch (error) {
        if (!(error instanceof SendFailure)) throw error;
        this.notSent({ file: label, code: error.code, message: error.message });
      }
    }
  }

  async #take({ path, label, title, trackId }: Task): Promise<void> {
    const { api, journal, display } = this.#options;
    if (trackId !== undefined && (await this.#resume(trackId, label))) return;
    const file = await statFile(path);
    const before = journal.find(file);
    if (before !== undefined && before !== trackId && (await this.#resume(before, label))) return;
    const id = await sendFile(file, {
      api,
      pace: this.#pace,
      signal: this.#signal,
      ...(title === undefined ? {} : { title }),
      onWait: (reason) => display.status(reason),
    });
    await journal.accepted(file, id);
    this.#followed.add(id);
    this.#labels.set(id, label);
    this.tally.accepted();
    this.#follower.add(id);
  }

  /** Follows a track that was accepted earlier; false if the API knows no such track. */
  async #resume(trackId: string, label: string): Promise<boolean> {
    if (this.#followed.has(trackId)) {
      this.tally.forgetOne();
      return true;
    }
    this.#followed.add(trackId);
    const track = await this.#ask(() => this.#options.api.readTrack(trackId, { signal: this.#signal }));
    if (!track) {
      this.#followed.delete(trackId);
      return false;
    }
    this.#labels.set(trackId, label);
    this.tally.accepted();
    for (const target of targetsSince(track, await this.#kindsOf(track))) this.targetsSince.add(target);
    if (hasEnded(track)) await this.#end(track);
    else this.#follower.add(trackId);
    return true;
  }

  async #end(track: TrackResource): Promise<void> {
    const { journal, display, onTrack } = this.#options;
    await journal.ended(track.id, { sendAgain: deservesAnotherTry(track) });
    const file = this.#labels.get(track.id) ?? track.fileName ?? track.id;
    const row = this.tally.ended(track, file, await this.#kindsOf(track));
    this.#labels.delete(track.id);
    await onTrack?.(file, track);
    display.changed();
    display.ended(row, track);
  }

  #kindsOf(track: TrackResource): Promise<KindsByName> {
    return this.#ask(() => this.#kinds.of(track, this.#signal));
  }

  #ask<T>(question: () => Promise<T>): Promise<T> {
    return untilItAnswers(question, this.#signal, this.#clock, this.#options.display);
  }
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
