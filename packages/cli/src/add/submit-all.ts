import type { ApiClient } from "@segue/client";
import type { Pace } from "../start/create-pace.ts";
import type { FileVersion, Journal } from "../start/journal.ts";
import { SendFailure, sendFile, sendSource } from "../start/send-file.ts";
import { sendDirect } from "./send-direct.ts";
import { isBad, type Sources, type TrackSource } from "./track-source.ts";

/** What became of a source. */
export type Submission =
  | { readonly source: string; readonly status: "accepted" | "skipped"; readonly trackId: string }
  | { readonly source: string; readonly status: "refused"; readonly code: string; readonly message: string };

export interface SubmitOptions {
  readonly api: ApiClient;
  readonly journal: Journal;
  readonly pace: Pace;
  /** Sources under way at once, at most; the pace may allow fewer. */
  readonly atOnce: number;
  /** Files go to storage itself, and not through the API. */
  readonly isDirect: boolean;
  /** Once it is aborted nothing more is taken up; what is under way comes to its end. */
  readonly stopping: AbortSignal;
  onEnd(submission: Submission): void;
  onWait(reason: string): void;
}

/** Submits what the journal does not know to be accepted, several side by side. */
export async function submitAll(sources: Sources, options: SubmitOptions): Promise<void> {
  const iterator = sources[Symbol.asyncIterator]();
  // One at a time asks for the next: iterators are not made for more.
  let taking: Promise<unknown> = Promise.resolve();
  const take = () => {
    const next = taking.then(() => iterator.next());
    taking = next.catch(() => {});
    return next;
  };
  // A file that is named twice, by itself and by its folder, is on its way once.
  const underWay = new Map<string, Promise<Submission>>();
  const submitOnce = async (source: TrackSource): Promise<Submission> => {
    const key = JSON.stringify(noteOf(source));
    await underWay.get(key);
    const submission = submit(source, options);
    underWay.set(key, submission);
    return submission.finally(() => underWay.delete(key));
  };
  const work = async () => {
    while (!options.stopping.aborted) {
      const { done, value } = await take();
      if (done) return;
      if (isBad(value)) options.onEnd(refused(value.name, value));
      else options.onEnd(await submitOnce(value));
    }
  };
  // Whatever fails, what is under way comes to its end first.
  const ends = await Promise.allSettled(Array.from({ length: options.atOnce }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function submit(source: TrackSource, options: SubmitOptions): Promise<Submission> {
  const { api, journal, pace, onWait } = options;
  const { name, version, isRemote, title, metadata, targets } = source;
  const noted = noteOf(source);
  const known = journal.find(noted);
  if (known !== undefined) return { source: name, status: "skipped", trackId: known };
  const details = {
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(targets === undefined ? {} : { targets }),
  };
  const { signal } = new AbortController();
  const sending = { api, pace, signal, onWait, ...details };
  try {
    const send = options.isDirect ? sendDirect : sendFile;
    const trackId = isRemote ? await sendSource(name, sending) : await send(version, sending);
    await journal.accepted(noted, trackId);
    return { source: name, status: "accepted", trackId };
  } catch (error) {
    if (!(error instanceof SendFailure)) throw error;
    return refused(name, error);
  }
}

/** What the journal knows a source by: the same bytes for other targets are another submission. */
export function noteOf({ version, targets }: TrackSource): FileVersion {
  return targets === undefined ? version : { ...version, path: `${version.path} [${targets.join(" ")}]` };
}

function refused(source: string, { code, message }: { code: string; message: string }): Submission {
  return { source, status: "refused", code, message };
}
