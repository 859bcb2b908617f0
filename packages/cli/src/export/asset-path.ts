import { basename, isAbsolute } from "node:path";
import { safeFileName } from "@segue/wording";

/** Of kinds that the fleet does not list: their steps have left. */
const extensions: Readonly<Record<string, string>> = {
  "audio/mp4": "m4a",
  "application/json": "json",
  "image/svg+xml": "svg",
  "image/png": "png",
  "audio/wav": "wav",
  "audio/flac": "flac",
  "text/plain": "txt",
};

/** What tells how a file is called; of a rendering its name is the extension. */
export interface NamedAsset {
  readonly kind: string;
  readonly contentType: string;
  /** As its kind has it. */
  readonly extension: string | undefined;
}

/**
 * Where an asset goes, below the folder for assets: as its file is called, with the kind behind it: `albums/song.flac.aac.m4a`.
 * Of a file elsewhere on the disk it is the name alone. A name can't leave the folder, whatever a client called its file.
 */
export function assetPath(file: string, { kind, contentType, extension }: NamedAsset): string {
  const known = extension ?? extensions[contentType.split(";", 1)[0]?.trim() ?? ""] ?? "bin";
  const inside = isAbsolute(file) ? basename(file) : file;
  const names = inside.split(/[/\\]+/).filter((name) => name !== "" && name !== "." && name !== "..");
  const safe = names.map(safeFileName);
  return `${safe.join("/") || "track"}.${kind}.${known}`;
}
