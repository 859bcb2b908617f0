import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { FfmpegError } from "@segue/audio";
import type { ApiClient } from "@segue/client";
import {
  type IndexedValue,
  indexedAsSaid,
  indexedFactsOf,
  type Kind,
  type TrackResource,
} from "@segue/contracts";
import { fileNameOf, type Heard, heardOf, type KeyNotation } from "@segue/wording";
import { digestAudio } from "./digest-audio.ts";
import { mostBytes, UntaggableFile, type WordField, writeTags } from "./write-tags.ts";

export interface TagOptions {
  readonly dir: string;
  readonly kinds: readonly Pick<Kind, "name" | "schema">[];
  readonly notation: KeyNotation;
  /** Where words go; undefined: nowhere. */
  readonly wordsTo: WordField | undefined;
}

/** What became of a track: a file, or why there is none. */
export type Tagged =
  | ({ readonly id: string; readonly file: string } & Heard)
  | { readonly id: string; readonly file: null; readonly reason: string };

/**
 * Writes a copy of a track's master with tags into a folder. A file is there once it is whole and was compared with the master, packet by packet; one that is there already
 * stays as it is.
 *
 * @throws what the API's client does; errors of the file system as they are.
 */
export async function tagCopy(
  api: Pick<ApiClient, "downloadMaster">,
  track: TrackResource,
  { dir, kinds, notation, wordsTo }: TagOptions,
): Promise<Tagged> {
  const { id } = track;
  const heard = heardOf(valuesOf(track, kinds), notation);
  const words = wordsTo === undefined ? [] : heard.words;
  const none = (reason: string): Tagged => ({ id, file: null, reason });
  if (heard.bpm === null && heard.key === null && words.length === 0)
    return none("it has no tempo, no key and no words that were asked for");
  const name = fileNameOf(track.fileName ?? track.title ?? id);
  const temporary = join(dir, `.${id}.part${extname(name)}`);
  await mkdir(dir, { recursive: true });
  try {
    if (!(await api.downloadMaster(id, temporary))) return none("its master is not kept any more");
    if ((await stat(temporary)).size > mostBytes) return none(`it has more than ${mostBytes >> 20} MiB`);
    const before = await digestAudio(temporary);
    const text = words.join("; ");
    const tags = { ...heard, words: wordsTo === undefined || text === "" ? null : { field: wordsTo, text } };
    await writeFile(temporary, await writeTags(await readFile(temporary), tags));
    if ((await digestAudio(temporary)) !== before) return none("its sound would not have stayed the same");
    const file = await place(temporary, dir, name);
    return file === undefined ? none(`${name} is in the folder already`) : { id, file, ...heard, words };
  } catch (error) {
    if (error instanceof UntaggableFile) return none(error.message);
    if (error instanceof FfmpegError && error.reason === "exit")
      return none(`ffmpeg can't read it: ${error.message}`);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** All that its kinds have indexed, as a person has said it where one has. */
function valuesOf({ results, corrections }: TrackResource, kinds: TagOptions["kinds"]): IndexedValue[] {
  const facts = new Map(kinds.map((kind) => [kind.name, indexedFactsOf(kind)]));
  const known = <T extends object>(all: Readonly<Record<string, T>>) =>
    kinds.flatMap(({ name: kind }) => {
      const of = all[kind];
      return of === undefined ? [] : [{ ...of, kind }];
    });
  const indexed = indexedAsSaid(known(results), known(corrections), (kind) => facts.get(kind) ?? []);
  return indexed.map(({ value }) => value);
}

/** Undefined: there is such a file. */
async function place(temporary: string, dir: string, name: string): Promise<string | undefined> {
  const file = join(dir, name);
  try {
    // Never over another one, as a rename would be.
    await link(temporary, file);
    return file;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  }
}
