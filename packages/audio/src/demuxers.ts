/**
 * The containers that are read, as ffmpeg names them. Everything else is refused before it is opened: what lists
 * other files or addresses (hls, concat, dash, sdp, image sequences), and what would be taken for audio by accident.
 */
export const readableDemuxers: readonly string[] = (
  "aac ac3 aiff amr amrnb amrwb ape asf au avi caf dsf dts dtshd eac3 flac flv gsm iff loas " +
  "matroska mlp mov mp3 mpc mpc8 mpeg mpegts nut ogg oma qcp rm shn sox spdif tak truehd tta voc " +
  "vqf w64 wav wv xwma"
).split(" ");

/** Formats whose whole point is to name other files or addresses. */
const referringDemuxers: ReadonlySet<string> = new Set(
  "hls applehttp concat concatf dash webm_dash_manifest imf sdp rtp rtsp image2 vobsub".split(" "),
);

/** @param name as in `hls,applehttp`: ffmpeg's names for one demuxer, joined by commas. */
export function refersElsewhere(name: string): boolean {
  return name.split(",").some((part) => referringDemuxers.has(part));
}

const referringHeads: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "an M3U or HLS playlist", pattern: /^#EXT(M3U|INF|-X-)/ },
  { what: "a PLS playlist", pattern: /^\[playlist\]/i },
  { what: "an ffmpeg concat list", pattern: /^ffconcat version/ },
  {
    what: "an ASX, XSPF, SMIL or DASH playlist",
    pattern: /^(<\?xml[^>]*>\s*)?(<!--[^>]*-->\s*)?<(asx|playlist|smil|MPD)\b/i,
  },
  { what: "an ASF reference playlist", pattern: /^(\[reference\]|ASF )/i },
  { what: "a session description", pattern: /^v=0\r?\n[oscabt]=/ },
  { what: "a list of addresses", pattern: /^(https?|rtsp|rtmp|mms|ftp|file):\/\/\S+\s/i },
  { what: "a list of files", pattern: /^file\s+['"/\w]/ },
];

/**
 * What kind of playlist or description a file is, in words; null if its beginning looks like none.
 * ffmpeg itself takes some of these for damaged audio, which would be the wrong thing to tell a client.
 */
export function recognisePlaylist(head: Buffer): string | null {
  const text = head
    .toString("latin1")
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .trimStart();
  return referringHeads.find(({ pattern }) => pattern.test(text))?.what ?? null;
}

/** Restricts an input to one local file; they stand before `-i`. */
export const inputArgs: readonly string[] = [
  "-protocol_whitelist",
  "file,pipe",
  "-format_whitelist",
  readableDemuxers.join(","),
  "-threads",
  "1",
];

/**
 * The arguments up to and with `-i` that open one local file and nothing else.
 * @param skipBytes at its beginning, which are not read: see `AudioProbe`.
 * @param seekArgs stand right before the input.
 */
export function inputOf(path: string, skipBytes: number, seekArgs: readonly string[] = []): string[] {
  const skip = skipBytes > 0 ? ["-skip_initial_bytes", String(skipBytes)] : [];
  return [...inputArgs, ...skip, ...seekArgs, "-i", fileUrl(path)];
}

/** Names a local file so that no character of its name is taken for a protocol or an option. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}
