import { mkdir, readFile } from "node:fs/promises";
import { createTestDir, makeFile, sine } from "@segue/audio/testing";

/** Makes good files with ffmpeg; what is asked for twice is made once. */
export interface Studio extends AsyncDisposable {
  /** The extension decides the container. `args` are ffmpeg's, sources included. */
  make(extension: string, ...args: string[]): Promise<Buffer>;
  /** A second of a stereo sine. */
  tone(extension: string, ...args: string[]): Promise<Buffer>;
  /** As `make`, but the path: for a file that goes into another one. */
  path(extension: string, ...args: string[]): Promise<string>;
  /** An empty folder that goes when the studio does. */
  folder(): Promise<string>;
}

export async function openStudio(): Promise<Studio> {
  const dir = await createTestDir();
  const made = new Map<string, Promise<string>>();
  const path = (extension: string, ...args: string[]) => {
    const key = JSON.stringify([extension, args]);
    const making = made.get(key) ?? makeFile(dir.path(`${made.size}.${extension}`), [...args, "-bitexact"]);
    made.set(key, making);
    return making;
  };
  let folders = 0;
  const make = async (extension: string, ...args: string[]) => readFile(await path(extension, ...args));
  return {
    path,
    make,
    async folder() {
      folders += 1;
      const path = dir.path(`folder-${folders}`);
      await mkdir(path);
      return path;
    },
    tone: (extension, ...args) => make(extension, ...sine({ sec: 1, channels: 2 }), ...args),
    [Symbol.asyncDispose]: () => dir.dispose(),
  };
}
