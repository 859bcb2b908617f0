/** Bytes by which a container of audio is known, and where they stand. */
const marks: readonly { readonly what: string; readonly at: number; readonly mark: RegExp }[] = [
  { what: "FLAC", at: 0, mark: /^fLaC[\0\x80]/ },
  { what: "Ogg", at: 0, mark: /^OggS\0/ },
  { what: "WAV", at: 0, mark: /^(RIFF|RF64|BW64).{4}WAVE/s },
  { what: "AIFF", at: 0, mark: /^FORM.{4}AIF[FC]/s },
  { what: "MP4 or M4A", at: 4, mark: /^ftyp(M4A |M4B |isom|mp4[12]|iso[2-6]|dash|qt {2})/ },
  { what: "WavPack", at: 0, mark: /^wvpk/ },
  { what: "TTA", at: 0, mark: /^TTA[12]/ },
  { what: "Monkey's Audio", at: 0, mark: /^MAC / },
  { what: "CAF", at: 0, mark: /^caff\0/ },
  { what: "AU", at: 0, mark: /^\.snd/ },
];

/**
 * Which container of audio a file is by its first bytes; null for none. Of a file that is cut off in its header some builds
 * of ffmpeg say what it is, and others that it is nothing.
 */
export function recogniseAudio(head: Buffer): string | null {
  const text = head.toString("latin1", 0, 64);
  return marks.find(({ at, mark }) => mark.test(text.slice(at)))?.what ?? null;
}
