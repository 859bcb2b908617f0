import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where a run in pieces has come to: what a step yields, so that another worker goes on from there. */
export interface PieceCheckpoint<Progress> {
  readonly state: Progress;
  readonly files: Readonly<Record<string, string>>;
}

export interface PieceWork<Progress> {
  /** The beginning, or what an earlier attempt has come to. `pieces` are done. */
  readonly from: Progress;
  readonly count: number;
  /** Of a piece's file: see `pieceNames`. */
  name(piece: number): string;
  readonly scratchDir: string;
  /** A piece's file, and what else is to be remembered once it is done. */
  make(piece: number, progress: Progress): Promise<MadePiece<Progress>>;
}

export interface MadePiece<Progress> {
  readonly contents: Uint8Array;
  readonly progress?: Partial<Omit<Progress, "pieces">>;
}

/** Makes pieces one after the other, each into a file and with a checkpoint. Returns where it has come to: all are done. */
export async function* makePieces<Progress extends { readonly pieces: number }>({
  from,
  count,
  name,
  scratchDir,
  make,
}: PieceWork<Progress>): AsyncGenerator<PieceCheckpoint<Progress>, Progress, void> {
  let progress = from;
  while (progress.pieces < count) {
    const piece = progress.pieces;
    const made = await make(piece, progress);
    const files = await writeContents(scratchDir, { [name(piece)]: made.contents });
    progress = { ...progress, ...made.progress, pieces: piece + 1 };
    yield { state: progress, files };
  }
  return progress;
}

/** Names of pieces that sort by their number. An attempt goes on from files that an earlier release has named: they stay. */
export function pieceNames(kind: string, digits: number): (piece: number) => string {
  return (piece) => `${kind}-${String(piece).padStart(digits, "0")}`;
}

/** Fetches the files of that many pieces, in order, and gives the path of each. */
export async function* fetchPieces(
  fetchFile: (name: string) => Promise<string>,
  name: (piece: number) => string,
  count: number,
): AsyncGenerator<string, void, void> {
  for (let piece = 0; piece < count; piece++) yield await fetchFile(name(piece));
}

/** Writes files into a folder. @returns their paths by name. */
export async function writeContents(
  folder: string,
  contents: Readonly<Record<string, Uint8Array>>,
): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const [name, bytes] of Object.entries(contents)) {
    const path = join(folder, name);
    await writeFile(path, bytes);
    paths[name] = path;
  }
  return paths;
}
