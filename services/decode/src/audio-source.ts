import { rm } from "node:fs/promises";
import { type AudioProbe, type AudioStream, fileUrl, inputOf, type PcmLayout } from "@segue/audio";

/** A stretch of a master, at hand as a local file. */
export interface OpenedStretch extends AsyncDisposable {
  /** ffmpeg's arguments up to and with `-i`; `quick` is for sources that can seek so. */
  inputArgs(seek?: { readonly quick: boolean }): readonly string[];
}

/** A master's audio, from any whole second on. */
export interface AudioSource {
  /** Can be opened at any point, exactly and at no cost: there are no time stamps to doubt. */
  readonly addressable: boolean;
  /** There is a way to seek that costs next to nothing, and comes out only about where it should. */
  readonly seeksQuickly: boolean;
  /** Audio from `fromSec` on, `forSec` of it at the least where there is so much. */
  open(fromSec: number, forSec: number): Promise<OpenedStretch>;
}

/**
 * A master that is at hand as a whole. ffmpeg finds a place in an MP3 by reading all frames before it: 0.65 s of CPU at
 * 2.5 hours of 256 kbit/s. Reckoned from the bit rate it takes 0.01 s, and at a constant rate it is a frame off at most.
 */
export function wholeFileSource(path: string, { container, skipBytes }: AudioProbe): AudioSource {
  return {
    addressable: false,
    seeksQuickly: container === "mp3",
    open: async (fromSec) => ({
      inputArgs: ({ quick } = { quick: false }) => {
        const seek = fromSec > 0 ? ["-ss", String(fromSec)] : [];
        return inputOf(path, skipBytes, [...(quick ? ["-fflags", "+fastseek"] : []), ...seek]);
      },
      async [Symbol.asyncDispose]() {},
    }),
  };
}

/** Sample formats as ffmpeg names them without a container, and the bytes of one sample. */
const rawFormats: Readonly<Record<string, number>> = {
  u8: 1,
  s8: 1,
  alaw: 1,
  mulaw: 1,
  s16le: 2,
  s16be: 2,
  s24le: 3,
  s24be: 3,
  s32le: 4,
  s32be: 4,
  f32le: 4,
  f32be: 4,
  f64le: 8,
  f64be: 8,
};

/** Whether samples that lie as `layout` says can be read from any frame on. */
export function isAddressable(layout: PcmLayout, stream: AudioStream): boolean {
  const sampleBytes = rawFormats[rawFormatOf(stream)];
  return (
    sampleBytes !== undefined &&
    layout.frameBytes === sampleBytes * layout.channels &&
    layout.channels === stream.channels &&
    layout.sampleRateHz === stream.sampleRateHz
  );
}

/** As in `pcm_s24le`. */
function rawFormatOf({ codec }: AudioStream): string {
  return codec.startsWith("pcm_") ? codec.slice(4) : "";
}

/** An uncompressed master, of which only the stretch that is decoded is fetched. */
export function pcmRangeSource(
  layout: PcmLayout,
  stream: AudioStream,
  fetchRange: (startByte: number, endByte: number) => Promise<string>,
): AudioSource {
  const { dataOffsetBytes, dataBytes, frameBytes, sampleRateHz, channels } = layout;
  const end = dataOffsetBytes + dataBytes;
  const byteAt = (sec: number) => Math.min(end, dataOffsetBytes + sec * sampleRateHz * frameBytes);
  const format = ["-f", rawFormatOf(stream), "-ar", String(sampleRateHz), "-ac", String(channels)];
  return {
    addressable: true,
    seeksQuickly: false,
    async open(fromSec, forSec) {
      const path = await fetchRange(byteAt(fromSec), byteAt(fromSec + forSec));
      return {
        inputArgs: () => [
          "-protocol_whitelist",
          "file,pipe",
          "-threads",
          "1",
          ...format,
          "-i",
          fileUrl(path),
        ],
        [Symbol.asyncDispose]: () => rm(path, { force: true }),
      };
    },
  };
}
