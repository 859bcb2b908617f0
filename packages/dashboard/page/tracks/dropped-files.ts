import { hasAudioExtension } from "@segue/contracts";

/** A file to be sent, with the path that it had below what was dropped. */
export interface GivenFile {
  /** Null: the browser can't read it, since it is gone or not the reader's. */
  readonly file: File | null;
  readonly path: string;
}

/** The parts of the browser's own entries that are used. */
export interface Entry {
  readonly isDirectory: boolean;
  readonly name: string;
  readonly fullPath: string;
  file?(found: (file: File) => void, failed: (error: unknown) => void): void;
  createReader?(): { readEntries(found: (entries: Entry[]) => void, failed: (error: unknown) => void): void };
}

/**
 * Files that were dropped, and all audio in folders that were, by its names. A file that was dropped itself is taken whatever it is called.
 *
 * @param transfer is read at once: it is empty after the event.
 */
export async function readDropped(transfer: {
  readonly items: Iterable<{ webkitGetAsEntry(): Entry | null; getAsFile(): File | null }>;
}): Promise<GivenFile[]> {
  const given = [...transfer.items].map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  }));
  const found = await Promise.all(
    given.map(async ({ entry, file }) => {
      if (entry?.isDirectory) return (await walk(entry)).filter(({ path }) => hasAudioExtension(path));
      return file ? [{ file, path: file.name }] : [];
    }),
  );
  return found.flat();
}

async function walk(entry: Entry): Promise<GivenFile[]> {
  if (entry.isDirectory) {
    const files: GivenFile[] = [];
    for (const inner of await entriesOf(entry)) files.push(...(await walk(inner)));
    return files;
  }
  const file = await new Promise<File | null>((resolve) => entry.file?.(resolve, () => resolve(null)));
  return [{ file, path: entry.fullPath.replace(/^\//, "") }];
}

/** A reader gives some at a time, and none at the end. */
async function entriesOf(entry: Entry): Promise<Entry[]> {
  const reader = entry.createReader?.();
  const all: Entry[] = [];
  for (;;) {
    // Of a folder that can't be read, nothing is there.
    const some = await new Promise<Entry[]>((resolve) =>
      reader ? reader.readEntries(resolve, () => resolve([])) : resolve([]),
    );
    if (some.length === 0) return all.sort((a, b) => (a.name < b.name ? -1 : 1));
    all.push(...some);
  }
}
