// Good files with seeded damage, files within files, files one after another.
import { createRandom, type Random } from "@segue/synth";
import { find, latin1, randomBytes } from "./bytes.ts";
import { anyTypedOutcome, doneSomehow, failed, filesOf, type HostileFile, type Row } from "./hostile-file.ts";
import { id3, textFrame } from "./id3-bytes.ts";
import type { Studio } from "./studio.ts";

/** Formats to damage, with the arguments that make them. */
export const goodFormats: readonly (readonly [extension: string, ...args: string[]])[] = [
  ["wav"],
  ["mp3", "-b:a", "128k"],
  ["flac"],
  ["ogg", "-c:a", "libvorbis"],
  ["m4a", "-c:a", "aac"],
  ["mka", "-c:a", "flac"],
  ["aiff"],
  ["wv"],
  ["opus", "-c:a", "libopus", "-ar", "48000"],
  ["wma"],
];

const roundsEach = 4;

export function mutations(studio: Studio): HostileFile[] {
  const damaged = goodFormats.flatMap(([extension, ...args]) =>
    Array.from({ length: roundsEach }, (_, round): Row => {
      const make = async () =>
        damage(await studio.tone(extension, ...args), createRandom(round).fork(extension));
      return [`${extension} with damage number ${round}`, make, ...anyTypedOutcome];
    }),
  );
  const tone = (extension: string) => studio.tone(extension);
  const headOf = async (extension: string, bytes: number) => (await tone(extension)).subarray(0, bytes);
  return filesOf([
    ...damaged,
    [
      "the head of a WAV on an MP3",
      joined(
        () => headOf("wav", 44),
        () => tone("mp3"),
      ),
      ...anyTypedOutcome,
    ],
    [
      "the head of a FLAC on an Ogg",
      joined(
        () => headOf("flac", 42),
        () => studio.tone("ogg", "-c:a", "libvorbis"),
      ),
      ...anyTypedOutcome,
    ],
    [
      "the head of an M4A on a WAV",
      joined(
        () => headOf("m4a", 32),
        () => tone("wav"),
      ),
      ...anyTypedOutcome,
    ],
    [
      "the head of an Ogg on a FLAC",
      joined(
        () => headOf("ogg", 58),
        () => tone("flac"),
      ),
      ...anyTypedOutcome,
    ],
    [
      "an ID3 tag on a FLAC",
      joined(
        async () => id3([textFrame("TIT2", 0, latin1("a"))]),
        () => tone("flac"),
      ),
      doneSomehow,
    ],
    [
      "an ID3 tag on a WAV",
      joined(
        async () => id3([textFrame("TIT2", 0, latin1("a"))]),
        () => tone("wav"),
      ),
      doneSomehow,
    ],
    [
      "two MP3s one after the other",
      joined(
        () => tone("mp3"),
        () => tone("mp3"),
      ),
      doneSomehow,
    ],
    [
      "two FLACs one after the other",
      joined(
        () => tone("flac"),
        () => tone("flac"),
      ),
      doneSomehow,
    ],
    [
      "two WAVs one after the other",
      joined(
        () => tone("wav"),
        () => tone("wav"),
      ),
      doneSomehow,
    ],
    [
      "two Oggs one after the other",
      joined(
        () => studio.tone("ogg", "-c:a", "libvorbis"),
        () => studio.tone("ogg", "-c:a", "libvorbis"),
      ),
      doneSomehow,
    ],
    [
      "an MP3 behind 300 kB of noise",
      joined(
        async () => randomBytes(300_000, 7),
        () => tone("mp3"),
      ),
      ...anyTypedOutcome,
    ],
    [
      "a WAV behind 100 bytes of noise",
      joined(
        async () => randomBytes(100, 8),
        () => tone("wav"),
      ),
      failed("not-audio"),
    ],
    [
      "an MP3 before a megabyte of noise",
      joined(
        () => tone("mp3"),
        async () => randomBytes(2 ** 20, 9),
      ),
      doneSomehow,
    ],
    [
      "an MP3 with a hole of 5000 bytes",
      async () => {
        const bytes = await studio.make("mp3", "-f", "lavfi", "-i", "sine=d=4", "-b:a", "128k");
        bytes.fill(0x55, bytes.length / 2, bytes.length / 2 + 5_000);
        return bytes;
      },
      doneSomehow,
    ],
    [
      "a FLAC whose frames are swapped",
      async () => {
        const bytes = await tone("flac");
        const from = find(bytes, "\xff\xf8", 100);
        const middle = find(bytes, "\xff\xf8", from + 2_000);
        return Buffer.concat([bytes.subarray(0, from), bytes.subarray(middle), bytes.subarray(from, middle)]);
      },
      doneSomehow,
    ],
  ]);
}

/** Flips, overwrites, cuts out or doubles parts of a file; half the time it aims at the head. */
export function damage(original: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(original);
  for (let hits = 1 + random.below(12); hits > 0 && bytes.length > 16; hits--) {
    const reach = random.chance(0.5) ? Math.min(600, bytes.length) : bytes.length;
    const at = random.below(reach);
    const length = Math.min(bytes.length - at, 1 + random.below(64));
    const kind = random.below(5);
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    else if (kind === 1) bytes[at] = random.below(256);
    else if (kind === 2) bytes.fill(random.pick([0x00, 0xff, 0x7f, 0x80]), at, at + Math.min(length, 8));
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
  }
  return bytes;
}

function joined(first: () => Promise<Uint8Array>, second: () => Promise<Uint8Array>) {
  return async () => Buffer.concat([await first(), await second()]);
}
