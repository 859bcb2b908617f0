// Files that name other files or addresses. None may be opened, whatever stands in them.
import { aviWithSubtitles } from "./avi-bytes.ts";
import { latin1, uint32BE, utf8 } from "./bytes.ts";
import { doneSomehow, failed, filesOf, type HostileFile } from "./hostile-file.ts";
import { id3, textFrame } from "./id3-bytes.ts";
import { aliasReference, box, rebuilt } from "./mp4-bytes.ts";
import type { Studio } from "./studio.ts";
import { samples16, sine440 } from "./wav-bytes.ts";

/** What the files refer to: both exist, so that whoever opens them finds audio. */
export interface Bait {
  /** An address that somebody listens at. */
  readonly url: string;
  /** The path of a good WAV. */
  readonly path: string;
}

export function references(studio: Studio, { url, path }: Bait): HostileFile[] {
  const forbidden = failed("forbidden-input");
  const hls = (target: string) =>
    `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\n${target}\n#EXT-X-ENDLIST\n`;
  const refused = [forbidden, failed("not-audio"), failed("no-samples-decoded")] as const;
  return filesOf([
    ["an M3U of an address", () => utf8(`#EXTM3U\n#EXTINF:1,a\n${url}\n`), forbidden],
    ["an M3U of a file", () => utf8(`#EXTM3U\n#EXTINF:1,a\n${path}\n`), forbidden],
    ["an HLS playlist of an address", () => utf8(hls(url)), forbidden],
    ["an HLS playlist of a file", () => utf8(hls(`file://${path}`)), forbidden],
    ["an HLS playlist behind a byte order mark", () => utf8(`\ufeff${hls(url)}`), forbidden],
    ["an HLS playlist behind empty lines", () => utf8(`${"\n".repeat(5_000)}${hls(url)}`), ...refused],
    [
      "an HLS playlist behind an ID3 tag",
      () => Buffer.concat([id3([textFrame("TIT2", 0, latin1("a"))]), utf8(hls(url))]),
      ...refused,
    ],
    [
      "an HLS playlist with a key from an address",
      () => utf8(hls(url).replace("#EXTINF", `#EXT-X-KEY:METHOD=AES-128,URI="${url}"\n#EXTINF`)),
      forbidden,
    ],
    ["a PLS", () => utf8(`[playlist]\nFile1=${url}\nLength1=-1\nNumberOfEntries=1\nVersion=2\n`), forbidden],
    ["an ASX", () => utf8(`<asx version="3.0"><entry><ref href="${url}"/></entry></asx>`), forbidden],
    [
      "an XSPF",
      () =>
        utf8(
          `<?xml version="1.0"?><playlist version="1"><trackList><track><location>${url}</location></track></trackList></playlist>`,
        ),
      forbidden,
    ],
    ["a SMIL", () => utf8(`<smil><body><audio src="${url}"/></body></smil>`), forbidden],
    [
      "a DASH manifest",
      () =>
        utf8(
          `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${url}</BaseURL></MPD>`,
        ),
      forbidden,
    ],
    ["a list for concat", () => utf8(`ffconcat version 1.0\nfile '${path}'\n`), forbidden],
    ["a list of files", () => utf8(`file '${path}'\n`), forbidden],
    [
      "a session description",
      () => utf8("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 96\n"),
      forbidden,
    ],
    ["an ASF reference", () => utf8(`[Reference]\r\nRef1=${url}\r\n`), forbidden],
    ["a redirection for RTSP", () => utf8(`RTSPtext\n${url}\n`), ...refused],
    ["an address alone", () => utf8(`${url}\n`), forbidden],
    ["a cue sheet", () => utf8(`FILE "${path}" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n`), ...refused],
    [
      "an AVI whose subtitles are a playlist",
      () => aviWithSubtitles(samples16(1, sine440), hls(url)),
      doneSomehow,
      failed("not-audio"),
    ],
    [
      "a film whose samples are in another file",
      async () => {
        const mov = await studio.tone("mov", "-c:a", "pcm_s16le");
        return rebuilt(mov, (kind) => (kind === "dref" ? aliasReference(path) : undefined));
      },
      ...refused,
      doneSomehow,
    ],
    ["a film that is but a reference", () => referenceMovie(url), ...refused, failed("no-audio-stream")],
  ]);
}

/** QuickTime's reference movie: nothing but an address. */
function referenceMovie(url: string): Buffer {
  const reference = Buffer.concat([
    uint32BE(0),
    latin1("url "),
    uint32BE(url.length + 1),
    latin1(`${url}\0`),
  ]);
  return Buffer.concat([
    box("ftyp", latin1("qt  \0\0\0\0qt  ")),
    box("moov", box("rmra", box("rmda", box("rdrf", reference)))),
  ]);
}
