import {
  CouldNotDetermineFileTypeError,
  type IMetadataEvent,
  parseFile,
  UnsupportedFileTypeError,
} from "music-metadata";
import { limitCpu } from "../cpu-limit.ts";
import { collectTags, mostValues, type TagValues } from "./collect-tags.ts";
import { readWrittenTexts } from "./read-written-texts.ts";
import { cleanTagText } from "./tag-text.ts";

/** A picture inside a file, its format told by its bytes and not by what the tag says. */
export interface Cover {
  readonly format: "jpeg" | "png" | "other";
  readonly data: Uint8Array;
}

export interface ReadTags {
  /**
   * By field: `title`, `artist`, `album`, ... Text without NULs, at most 1000 characters a value; several values of a
   * field are joined by commas, comments by line breaks.
   */
  readonly tags: Readonly<Record<string, string>>;
  /** The fields that have several values, with each of them. */
  readonly tagValues: TagValues;
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
    const reading = Promise.all([
      parseFile(path, { duration: false, observer: dropSurplus }),
      readWrittenTexts(path),
    ]);
    const [metadata, written] = await Promise.race([reading, limit.exceeded]);
    const values = collectTags(metadata, written);
    const cover = chooseCover(metadata.common.picture ?? []);
    return { tags: joinValues(values), tagValues: severalOf(values), cover, problem: null };
  } catch (error) {
    const none = { tags: {}, tagValues: {}, cover: null };
    if (error instanceof CouldNotDetermineFileTypeError || error instanceof UnsupportedFileTypeError) {
      return { ...none, problem: null };
    }
    const problem = error instanceof Error ? error.message : String(error);
    return { ...none, problem: cleanTagText(problem) ?? "unknown" };
  } finally {
    limit[Symbol.dispose]();
  }
}

/** The reader looks each value up among all before it, which takes minutes where a file has some hundred thousand of a field. */
function dropSurplus({ tag, metadata }: IMetadataEvent): void {
  const values: unknown = Reflect.get(metadata.common, tag.id);
  if (Array.isArray(values) && values.length > mostValues) values.length = mostValues;
}

function joinValues(values: TagValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([field, texts]) => {
      const joined = texts.join(field === "comment" ? "\n" : ", ");
      return [field, cleanTagText(joined) ?? joined];
    }),
  );
}

function severalOf(values: TagValues): TagValues {
  return Object.fromEntries(Object.entries(values).filter(([, texts]) => texts.length > 1));
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
