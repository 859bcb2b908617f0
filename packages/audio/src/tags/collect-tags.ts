import type { IAudioMetadata } from "music-metadata";
import type { WrittenTexts } from "./read-written-texts.ts";
import { restoreTexts } from "./restore-texts.ts";
import { cleanTagText } from "./tag-text.ts";

/** Every value of every field that a file has, in its order; at least one each. */
export type TagValues = Readonly<Record<string, string[]>>;

/** Of a field. Facts travel in messages and rows: what a file says a thousand times is not carried on. */
export const mostValues = 100;
/** Of a field with several values, all of them together. */
const mostChars = 10_000;

/** The field's values as the file has them, made fit to keep. */
export function collectTags({ native, common }: IAudioMetadata, written: WrittenTexts): TagValues {
  const restore = restoreTexts(native, written);
  const whole = (values: readonly string[] | undefined) => joinSplitNames(values ?? [], written);
  const fields: Readonly<Record<string, readonly (string | number | null | undefined)[]>> = {
    title: [common.title],
    artist: whole(common.artists ?? toList(common.artist)),
    album: [common.album],
    albumArtist: whole(common.albumartists ?? toList(common.albumartist)),
    composer: whole(common.composer),
    genre: common.genre ?? [],
    date: [common.date ?? common.year],
    track: [numberOf(common.track)],
    disc: [numberOf(common.disk)],
    label: common.label ?? [],
    isrc: whole(common.isrc).flatMap((codes) => codes.slice(0, mostChars).split(/[/;,\s]+/)),
    copyright: [common.copyright],
    bpm: [bpmAsWritten({ native, common }) ?? common.bpm],
    key: [common.key],
    comment: (common.comment ?? []).filter(isForPeople).map(({ text }) => text),
  };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, values]) => {
      const texts = values.flatMap((value) => {
        if (value === undefined || value === null) return [];
        return cleanTagText(restore(String(value))) ?? [];
      });
      return texts.length === 0 ? [] : [[field, boundValues([...new Set(texts)])]];
    }),
  );
}

function boundValues(texts: readonly string[]): string[] {
  let chars = 0;
  return texts.slice(0, mostValues).filter((text) => {
    chars += text.length;
    return chars <= mostChars;
  });
}

const toList = (value: string | undefined) => (value === undefined ? [] : [value]);

/** ID3v2.2 and 2.3 have a slash between names, and names with a slash in them (AC/DC): only the file's own text is sure. */
function joinSplitNames(values: readonly string[], { texts }: WrittenTexts): readonly string[] {
  const joined = values.join("/");
  return values.length > 1 && texts.some(({ shownAs }) => shownAs.trim() === joined) ? [joined] : values;
}

/** As in `3/12` or `3`. */
function numberOf({ no, of }: { no: number | null; of: number | null }): string | undefined {
  if (no === null) return undefined;
  return of === null ? String(no) : `${no}/${of}`;
}

const bpmTags = /^(TBPM|TBP|BPM|TEMPO|tmpo|WM\/BeatsPerMinute|----:.*:BPM)$/i;

/** The common value is cut to an integer. */
function bpmAsWritten({ native, common }: Pick<IAudioMetadata, "native" | "common">): string | undefined {
  const values = Object.values(native)
    .flat()
    .filter(({ id }) => bpmTags.test(id))
    .map(({ value }) => String(value).trim());
  return values.find((text) => Number.parseInt(text, 10) === common.bpm && /^\d+([.,]\d+)?$/.test(text));
}

/** What players and encoders note down for themselves in comment frames of their own. */
const machineDescriptor = /^(iTun|iTunes_|ID3v1 Comment|MusicMatch_|Songs-DB_|SEBASTIAN|AcoustID)/i;
/** iTNORM and iTunSMPB, where their name was lost on the way. */
const machineText = /^(\s*[0-9A-F]{8}){3,}(\s+[0-9A-F]{8,16})*\s*$/i;

function isForPeople({ descriptor, text }: { descriptor?: string; text?: string }): boolean {
  return !machineDescriptor.test(descriptor ?? "") && !machineText.test(text ?? "");
}
