import type { ApiProblem } from "../api/api-problem.ts";
import { sayProblem } from "../api/api-problem.ts";
import type { GivenFile } from "./dropped-files.ts";

export type UploadState = "waiting" | "sending" | "accepted" | "refused";

/** A file on its way to the API. */
export interface Upload {
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly state: UploadState;
  readonly sentBytes: number;
  /** Of the track, once it is accepted. */
  readonly trackId: string | null;
  /** Why it was refused, or why it waits. */
  readonly note: string | null;
}

/** Files on their way, some at a time. */
export interface Uploads {
  list(): readonly Upload[];
  add(files: readonly GivenFile[]): void;
  /** Sends those again that were refused. */
  retry(): void;
  /** Forgets those that are over. */
  clear(): void;
  subscribe(listener: () => void): () => void;
}

export interface UploadOptions {
  /** Answers with the track's id. @param key the same for each time that a file is sent: it is accepted once. @throws {ApiProblem} */
  send(file: File, details: { readonly key: string; onProgress(sentBytes: number): void }): Promise<string>;
  sleep(ms: number): Promise<void>;
  newKey(): string;
}

/** More connections than that a browser does not open to one server, and lists are read meanwhile. */
const atOnce = 3;
/** Until a file is given up, where the API is away or has no room. */
const mostAttempts = 6;
const pauseMs = 2_000;

type Entry = { upload: Upload; readonly file: File | null; readonly key: string };

const isIn = (state: UploadState) => (entry: Entry) => entry.upload.state === state;

function newUpload(id: number, { file, path }: GivenFile): Upload {
  const begun = { state: "waiting", sentBytes: 0, trackId: null, note: null } as const;
  return { id, name: path, sizeBytes: file?.size ?? 0, ...begun };
}

export function createUploads({ send, sleep, newKey }: UploadOptions): Uploads {
  const listeners = new Set<() => void>();
  let entries: Entry[] = [];
  let list: readonly Upload[] = [];
  let nextId = 1;
  const tell = () => {
    list = entries.map(({ upload }) => upload);
    for (const listener of listeners) listener();
  };
  const change = (entry: Entry, to: Partial<Upload>) => {
    entry.upload = { ...entry.upload, ...to };
    tell();
  };
  const sendOne = async (entry: Entry) => {
    const { file, key } = entry;
    if (file === null) return change(entry, { state: "refused", note: "The browser can't read it." });
    for (let attempt = 1; ; attempt++) {
      change(entry, { state: "sending", sentBytes: 0, note: null });
      try {
        const onProgress = (sentBytes: number) => change(entry, { sentBytes });
        const trackId = await send(file, { key, onProgress });
        return change(entry, { state: "accepted", sentBytes: entry.upload.sizeBytes, trackId });
      } catch (error) {
        const { mayPass = false, retryAfterMs = pauseMs * attempt } = error as Partial<ApiProblem>;
        if (!mayPass || attempt === mostAttempts)
          return change(entry, { state: "refused", note: sayProblem(error) });
        change(entry, { note: `${sayProblem(error)} Trying again.` });
        await sleep(retryAfterMs);
      }
    }
  };
  const pump = () => {
    const free = atOnce - entries.filter(isIn("sending")).length;
    for (const entry of entries.filter(isIn("waiting")).slice(0, Math.max(0, free)))
      void sendOne(entry).then(pump);
  };
  return {
    list: () => list,
    add(files) {
      for (const given of files)
        entries.push({ file: given.file, key: newKey(), upload: newUpload(nextId++, given) });
      tell();
      pump();
    },
    retry() {
      for (const entry of entries)
        if (entry.upload.state === "refused") change(entry, { state: "waiting", note: null });
      pump();
    },
    clear() {
      entries = entries.filter(({ upload: { state } }) => state === "waiting" || state === "sending");
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
