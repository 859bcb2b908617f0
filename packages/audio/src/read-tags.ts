import {
  CouldNotDetermineFileTypeError,
  type ICommonTagsResult,
  parseFile,
  UnsupportedFileTypeError,
} from "music-metadata";
import { limitCpu } from "./cpu-limit.ts";
import { cleanTagText } from "./tag-text.ts";

/** A picture inside a file, its format told by its bytes and not by what the tag says. */
export interface Cover {
  readonly format: "jpeg" | "png" | "other";
  readonly data: Uint8Array;
}

export interface ReadTags {
  /** By field: `title`, `artist`, `album`, ... Text without NULs, at most 1000 characters each. */
  readonly tags: Readonly<Record<string, string>>;
  /** The front cover, or else the first picture; null if there is none. */
  readonly cover: Cover | null;
  /** Why tags are missing, where reading them failed; null if all went well. */
  readonly problem: string | null;
}

/** Tags of good files take some milliseconds. */
const cpuLimitMs = 5_000;

/**
 * Reads a file's tags and cover. Never throws: tags are not worth a track. What can't be read is said in `problem`.
 */
export async function readTags(path: string): Promise<ReadTags> {
  const limit = limitCpu(cpuLimitMs, "reading the tags");
  try {
    const { common } = await Promise.race([parseFile(path, { duration: false }), limit.exceeded]);
    return { tags: collectTags(common), cover: chooseCover(common.picture ?? []), problem: null };
  } catch (error) {
    if (error instanceof CouldNotDetermineFileTypeError || error instanceof UnsupportedFileTypeError) {
      return { tags: {}, cover: null, problem: null };
    }
    const problem = error instanceof Error ? error.message : String(error);
    return { tags: {}, cover: null, problem: cleanTagText(problem) ?? "unknown" };
  } finally {
    limit[Symbol.dispose]();
  }
}

function collectTags(common: ICommonTagsResult): Record<string, string> {
  const fields: Record<string, unknown> = {
    title: common.title,
    artist: common.artists?.join(", ") ?? common.artist,
    album: common.album,
    albumArtist: common.albumartist,
    composer: common.composer?.join(", "),
    genre: common.genre?.join(", "),
    date: common.date ?? common.year,
    track: numberOf(common.track),
    disc: numberOf(common.disk),
    label: common.label?.join(", "),
    isrc: common.isrc?.[0],
    copyright: common.copyright,
    bpm: common.bpm,
    key: common.key,
    comment: common.comment?.map((comment) => comment.text ?? "").join("\n"),
  };
  const tags: Record<string, string> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    const text = cleanTagText(String(value));
    if (text !== null) tags[field] = text;
  }
  return tags;
}

/** As in `3/12` or `3`. */
function numberOf({ no, of }: { no: number | null; of: number | null }): string | undefined {
  if (no === null) return undefined;
  return of === null ? String(no) : `${no}/${of}`;
}

function chooseCover(pictures: readonly { data: Uint8Array; type?: string }[]): Cover | null {
  const picture = pictures.find(({ type }) => /front/i.test(type ?? "")) ?? pictures[0];
  if (!picture || picture.data.length === 0) return null;
  return { format: recogniseImage(picture.data), data: picture.data };
}

function recogniseImage(data: Uint8Array): Cover["format"] {
  const startsWith = (...bytes: number[]) => bytes.every((byte, i) => data[i] === byte);
  if (startsWith(0xff, 0xd8, 0xff)) return "jpeg";
  return startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) ? "png" : "other";
}
