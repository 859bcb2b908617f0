import type { ITag } from "music-metadata";
import { chooseCharset, type ReadBytes } from "./choose-charset.ts";
import type { WrittenTexts } from "./read-written-texts.ts";

/** A file's tags as their reader hands them out: by the kind of tag, `ID3v2.3`, `exif` (RIFF INFO), ... */
export type NativeTags = Readonly<Record<string, readonly ITag[]>>;

/** Restores one text as it was meant; what is known to be as it was meant stays. */
export type RestoreText = (shown: string) => string;

/**
 * How to read a file's tags anew. The reader takes what declares no charset for Latin-1, or for ASCII in AIFF, one
 * character a byte: such text is read again from its bytes, in the charset that makes sense of all of it together. Text
 * that says what it is is never touched, nor the same text elsewhere: it vouches for it.
 */
export function restoreTexts(native: NativeTags, written: WrittenTexts): RestoreText {
  const undeclared = new Map<string, Buffer>();
  const inLatin1 = [...(native.ID3v1 ?? []), ...(written.declaresInfo ? [] : (native.exif ?? []))];
  for (const { value } of inLatin1) {
    if (typeof value === "string") undeclared.set(value, Buffer.from(value, "latin1"));
  }
  for (const { shownAs, bytes, undeclared: unsaid } of written.texts) {
    if (unsaid) undeclared.set(shownAs, bytes);
  }
  for (const shown of declaredTexts(native, written)) undeclared.delete(shown);
  let read: ReadBytes | undefined;
  return (shown) => {
    const bytes = undeclared.get(shown);
    if (!bytes?.some((byte) => byte >= 0x80)) return shown;
    read ??= chooseCharset([...undeclared.values()]);
    return read(bytes);
  };
}

/** Kinds of tags whose texts are of one declared charset: UTF-8 or UTF-16. */
const declaring = ["vorbis", "iTunes", "APEv2", "matroska", "asf"];

function declaredTexts(native: NativeTags, { texts }: WrittenTexts): string[] {
  const whole = declaring.flatMap((kind) => native[kind] ?? []).map(({ value }) => value);
  return [
    ...whole.filter((value) => typeof value === "string"),
    ...texts.filter(({ undeclared }) => !undeclared).map(({ shownAs }) => shownAs),
  ];
}
