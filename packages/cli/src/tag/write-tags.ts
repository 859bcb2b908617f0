/** Tags of a file, written by TagLib: what it does not know stays as it is, and so does the sound. */
import { type AudioFile, TagLib } from "taglib-wasm";

export interface WrittenTags {
  /** Null: what the file says of it stays. */
  readonly bpm: number | null;
  readonly key: string | null;
  /** Null: the same. */
  readonly words: { readonly field: WordField; readonly text: string } | null;
}

export const wordFields = ["genre", "mood", "grouping"] as const;
export type WordField = (typeof wordFields)[number];

/** A file is in memory several times over. */
export const mostBytes = 512 << 20;

/** Of ID3 and of MP4's `tmpo` a tempo is a whole number; comments of Vorbis and APE are any text. */
const tempoDigits: Readonly<Record<string, number>> = {
  ...{ MP3: 0, WAV: 0, AIFF: 0, MP4: 0 },
  ...{ FLAC: 2, OGG: 2, OPUS: 2, OggFLAC: 2, SPEEX: 2, WV: 2, APE: 2, MPC: 2, TTA: 0 },
};

/** The file's format has no tags, or none that are written here. */
export class UntaggableFile extends Error {
  override readonly name = "UntaggableFile";
}

let library: Promise<TagLib> | undefined;

/**
 * A copy of a file with other tags.
 *
 * @throws {UntaggableFile}
 */
export async function writeTags(file: Uint8Array, tags: WrittenTags): Promise<Uint8Array> {
  if (file.length > mostBytes)
    throw new UntaggableFile(`expected a file of at most ${mostBytes >> 20} MiB, got ${file.length} bytes`);
  // The other of its two forms writes all tags anew, from what it has understood of them.
  library ??= TagLib.initialize({ forceWasmType: "emscripten" });
  const opened = await (await library).open(file).catch((cause: unknown) => {
    throw new UntaggableFile("it is of no format that has tags", { cause });
  });
  try {
    change(opened, tags);
    if (!opened.save()) throw new UntaggableFile("its tags could not be written");
    return opened.getFileBuffer();
  } finally {
    opened.dispose();
  }
}

function change(file: AudioFile, { bpm, key, words }: WrittenTags): void {
  const format = String(file.getFormat());
  const digits = tempoDigits[format];
  if (digits === undefined) throw new UntaggableFile(`tags of ${format} are not written`);
  const values = {
    bpm: bpm === null ? null : String(Number(bpm.toFixed(digits))),
    key,
    ...(words === null ? {} : { [words.field]: words.text }),
  };
  for (const [name, value] of Object.entries(values))
    if (value != null) set(file, name as keyof typeof fields, value);
}

function set(file: AudioFile, name: keyof typeof fields, value: string): void {
  const { property, item } = fields[name];
  if (!file.isMP4()) file.setProperty(property, value);
  else {
    // By its property the library would write all items anew, and their names in capitals.
    if (item.startsWith(freeform)) file.removeMP4Item(`${freeform}${property}`);
    file.setMP4Item(item, value);
  }
}

const freeform = "----:com.apple.iTunes:";
/** How the library calls a field of all formats (it knows that ID3 has TBPM, TKEY, TCON, TMOO and GRP1 or TIT1), and what MP4 has. */
const fields = {
  bpm: { property: "BPM", item: "tmpo" },
  // As those who write keys call it.
  key: { property: "INITIALKEY", item: `${freeform}initialkey` },
  genre: { property: "GENRE", item: "\u00a9gen" },
  mood: { property: "MOOD", item: `${freeform}MOOD` },
  grouping: { property: "GROUPING", item: "\u00a9grp" },
} as const;
