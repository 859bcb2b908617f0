import { basename, extname, isAbsolute } from "node:path";

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
  const safe = names.map((name) => cut(safeName(name)));
  return `${safe.join("/") || "track"}.${kind}.${known}`;
}

/** What a file is called in a folder, whatever a client called it: its last name alone, which can't leave the folder and is not hidden. */
export function fileNameOf(file: string): string {
  const last = file.split(/[/\\]+/).findLast((name) => !/^\.*$/.test(name)) ?? "track";
  return cut(safeName(last.replace(/^\.+/, "_")));
}

function safeName(name: string): string {
  return name.toWellFormed().replace(/[\p{Cc}\ufffd<>:"|?*]/gu, "_");
}

/** File systems take 255 bytes, of which the kind and the extension need some. */
function cut(name: string): string {
  const bytes = Buffer.from(name);
  const longest = 180;
  if (bytes.length <= longest) return name;
  const end = extname(name).slice(0, 10);
  return `${bytes
    .subarray(0, longest - end.length)
    .toString("utf8")
    .replaceAll("\ufffd", "")}${end}`;
}
