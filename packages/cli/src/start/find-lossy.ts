import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytesOfPath, pathOfBytes } from "./path-bytes.ts";

/** What arguments and patterns have in the place of bytes that are no UTF-8: Node gives them no other way. */
const replaced = "\ufffd";

/** The paths whose names look like this one's once what is no UTF-8 was replaced; a shell's `*.mp3` names such files. */
export async function findLossy(path: string): Promise<string[]> {
  if (!path.includes(replaced)) return [];
  const parent = dirname(path);
  const folders = parent.includes(replaced) ? await findLossy(parent) : [parent];
  const name = path.slice(path.lastIndexOf("/") + 1);
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(bytesOfPath(folder), { encoding: "buffer" }).catch(() => []);
    for (const bytes of names)
      if (bytes.toString("utf8") === name) found.push(join(folder, pathOfBytes(bytes)));
  }
  return found.sort();
}
