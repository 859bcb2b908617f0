import { constants, copyFile, open } from "node:fs/promises";
import { windowed } from "../tags/windowed-file.ts";
import { findFlacRepairs } from "./find-flac-repairs.ts";
import { findId3Repairs } from "./find-id3-repairs.ts";
import { findOggRepairs, type Patch } from "./find-ogg-repairs.ts";

export interface Repairs {
  readonly patches: readonly Patch[];
  /** What of the file fails its own checksum, in words; null where nothing does. */
  readonly damage: string | null;
}

const none: Repairs = { patches: [], damage: null };
/** BW64 (ITU-R BS.2088) has the chunks of RF64 (EBU Tech 3306) and one more for its metadata; ffmpeg of 2018 to 9.0 knows no more than its successor's name. */
const nameOfBw64 = Buffer.from("BW64", "latin1");
const nameOfRf64 = Buffer.from("RF64", "latin1");

/** What must be changed in a file for every build of ffmpeg to read it in time, and to read the same. */
export async function findRepairs(path: string): Promise<Repairs> {
  const head = await headOf(path);
  if (head.equals(nameOfBw64)) return { patches: [{ at: 0, bytes: nameOfRf64 }], damage: null };
  const name = head.toString("latin1");
  if (name === "fLaC" || name.startsWith("ID3")) return { patches: await findTagRepairs(path), damage: null };
  if (name !== "OggS") return none;
  const { patches, damaged, pages } = await findOggRepairs(path);
  return { patches, damage: damaged > 0 ? `${damaged} of ${pages} Ogg pages fail their checksum` : null };
}

/** What must be changed in a file for its tags to be read in time. ID3 tags may stand before a FLAC file. */
export async function findTagRepairs(path: string): Promise<Patch[]> {
  const file = await open(path, "r");
  try {
    const bytesAt = windowed(file);
    return [...(await findId3Repairs(bytesAt)), ...(await findFlacRepairs(bytesAt))];
  } finally {
    await file.close();
  }
}

/** Writes a copy with the patches; where the file system can, it shares all other bytes with the original. */
export async function writeRepaired(path: string, patches: readonly Patch[], outPath: string): Promise<void> {
  await copyFile(path, outPath, constants.COPYFILE_FICLONE);
  const file = await open(outPath, "r+");
  try {
    for (const { at, bytes } of patches) await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
