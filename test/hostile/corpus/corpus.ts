import { absurdHeaders } from "./absurd-headers.ts";
import { bombs } from "./bombs.ts";
import type { HostileFile } from "./hostile-file.ts";
import { lyingHeaders } from "./lying-headers.ts";
import { mutations } from "./mutations.ts";
import { names } from "./names.ts";
import { noAudio } from "./no-audio.ts";
import { type Bait, references } from "./references.ts";
import { formats, sounds, streams } from "./streams-and-formats.ts";
import type { Studio } from "./studio.ts";
import { tags } from "./tags.ts";
import { truncations } from "./truncations.ts";

/** A chapter of the corpus, and how many of its files stand for it in the short form. */
export interface Chapter {
  readonly title: string;
  readonly files: readonly HostileFile[];
  readonly inShort: number;
}

/** Every hostile file with its expected outcome; nothing is made before it is asked for. */
export function corpusOf(studio: Studio, bait: Bait): readonly Chapter[] {
  return [
    { title: "no audio", files: noAudio(studio), inShort: 2 },
    { title: "cut off", files: truncations(studio), inShort: 3 },
    { title: "headers and names that lie", files: lyingHeaders(studio), inShort: 2 },
    { title: "formats", files: formats(studio), inShort: 2 },
    { title: "sounds", files: sounds(), inShort: 2 },
    { title: "streams", files: streams(studio), inShort: 2 },
    { title: "tags", files: tags(studio), inShort: 2 },
    { title: "file names", files: names(), inShort: 2 },
    { title: "references", files: references(studio, bait), inShort: 4 },
    { title: "bombs", files: bombs(studio), inShort: 1 },
    { title: "absurd headers", files: absurdHeaders(studio), inShort: 2 },
    { title: "damage", files: mutations(studio), inShort: 2 },
  ];
}

/** Some files of each chapter, evenly spread. */
export function shortForm(chapters: readonly Chapter[]): HostileFile[] {
  return chapters.flatMap(({ files, inShort }) =>
    files.filter(
      (_, i) => Math.floor((i * inShort) / files.length) !== Math.floor(((i - 1) * inShort) / files.length),
    ),
  );
}
