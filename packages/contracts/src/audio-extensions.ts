/**
 * The extensions by which audio is found in folders: those of the formats that decode reads. Files that are named
 * themselves are sent whatever they are called.
 */
const audioExtensions: ReadonlySet<string> = new Set(
  (
    "aac ac3 aif aifc aiff alac amr ape asf au avi caf dff dsf dts eac3 flac flv gsm m2a m4a m4b m4r mka mkv mov " +
    "mp1 mp2 mp3 mp4 mpc mpg mpeg mpga oga ogg ogv oma opus qcp ra rm shn snd sox spx tak tta voc w64 wav wave webm " +
    "wma wmv wv xwma"
  ).split(" "),
);

/** @param path of a file; what begins with its only dot (`.wav`) is hidden, and has none. */
export function hasAudioExtension(path: string): boolean {
  const [, extension = ""] = /[^/\\]\.([^./\\]*)$/.exec(path) ?? [];
  return audioExtensions.has(extension.toLowerCase());
}
