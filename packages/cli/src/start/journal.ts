import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Instant, TrackId } from "@segue/contracts";
import { z } from "zod";

/** A file at a moment: one that was changed since is another file. */
export interface FileVersion {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

const Accepted = z.object({
  type: z.literal("accepted"),
  path: z.string(),
  sizeBytes: z.int().nonnegative(),
  mtimeMs: z.number(),
  trackId: TrackId,
  at: Instant,
});
const Ended = z.object({
  type: z.literal("ended"),
  trackId: TrackId,
  /** Another attempt may succeed: the file, given again, is sent again. */
  sendAgain: z.boolean(),
  at: Instant,
});
const Entry = z.discriminatedUnion("type", [Accepted, Ended]);
type Entry = z.infer<typeof Entry>;

export interface UnfinishedTrack {
  readonly trackId: string;
  readonly path: string;
}

/**
 * What was accepted, and what has ended, in a file of JSON lines that is only ever appended to. Losing its last lines
 * costs a second upload of the same bytes, which costs no second computation; so it is not synced to disk.
 */
export interface Journal extends AsyncDisposable {
  /** The track that this very file became, if it was accepted and need not be sent again. */
  find(file: FileVersion): string | undefined;
  /** Accepted tracks whose end is not recorded, oldest first. */
  unfinished(): UnfinishedTrack[];
  accepted(file: FileVersion, trackId: string): Promise<void>;
  ended(trackId: string, outcome: { readonly sendAgain: boolean }): Promise<void>;
}

/** Opens the journal, or begins one. Lines that do not parse (a last one that was torn by a kill) are passed over. */
export async function openJournal(file: string, now: () => Date = () => new Date()): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true });
  const state = createState();
  const handle = await open(file, "a+");
  // Line by line: millions of them are more than a string can hold.
  for await (const line of handle.readLines({ start: 0, autoClose: false })) {
    const entry = parseLine(line);
    if (entry) state.apply(entry);
  }
  if (await isTorn(handle)) await handle.appendFile("\n");
  let writing: Promise<unknown> = Promise.resolve();
  const append = (entry: Entry): Promise<void> => {
    state.apply(entry);
    const written = writing.then(() => handle.appendFile(`${JSON.stringify(entry)}\n`));
    writing = written.catch(() => {});
    return written;
  };
  const at = () => now().toISOString();
  return {
    find: state.find,
    unfinished: state.unfinished,
    accepted: ({ path, sizeBytes, mtimeMs }, trackId) =>
      append({ type: "accepted", path, sizeBytes, mtimeMs, trackId, at: at() }),
    ended: (trackId, { sendAgain }) => append({ type: "ended", trackId, sendAgain, at: at() }),
    async [Symbol.asyncDispose]() {
      await writing;
      await handle.close();
    },
  };
}

/** Whether the file ends in the middle of a line. */
async function isTorn(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== "\n";
}

function createState() {
  const byFile = new Map<string, string>();
  const pathById = new Map<string, string>();
  const sendAgain = new Set<string>();
  return {
    apply(entry: Entry): void {
      if (entry.type === "accepted") {
        byFile.set(keyOf(entry), entry.trackId);
        pathById.set(entry.trackId, entry.path);
      } else {
        pathById.delete(entry.trackId);
        if (entry.sendAgain) sendAgain.add(entry.trackId);
      }
    },
    find(file: FileVersion): string | undefined {
      const trackId = byFile.get(keyOf(file));
      return trackId === undefined || sendAgain.has(trackId) ? undefined : trackId;
    },
    unfinished: (): UnfinishedTrack[] => [...pathById].map(([trackId, path]) => ({ trackId, path })),
  };
}

function keyOf({ path, sizeBytes, mtimeMs }: FileVersion): string {
  return `${sizeBytes} ${mtimeMs} ${path}`;
}

function parseLine(line: string): Entry | undefined {
  if (line === "") return undefined;
  try {
    return Entry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
