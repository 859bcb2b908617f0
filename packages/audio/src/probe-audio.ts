import { open } from "node:fs/promises";
import { PermanentError } from "@segue/contracts";
import { inputOf, recognisePlaylist, refersElsewhere } from "./demuxers.ts";
import { FfmpegError } from "./ffmpeg-error.ts";
import { errorLinesOf } from "./ffmpeg-log.ts";
import { type AudioProbe, parseProbe } from "./parse-probe.ts";
import { readId3Burden } from "./read-id3-burden.ts";
import { recogniseAudio } from "./recognise-audio.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";
import type { RunFfmpegOptions } from "./spawn-ffmpeg.ts";
import { endOfTags } from "./tags/id3-frames.ts";
import { windowed } from "./tags/windowed-file.ts";

const headBytes = 4096;

/**
 * Reads a file's headers: what container and streams it holds. Opens that file and nothing else.
 *
 * @throws {PermanentError} `empty-file`, `forbidden-input` (a playlist), `not-audio`, `no-audio-stream`,
 * `no-samples-decoded` (a container cut off before its index), `unsupported-codec`.
 * @throws {FfmpegError} when ffmpeg itself fails: transient.
 */
export async function probeAudio(path: string, options: RunFfmpegOptions = {}): Promise<AudioProbe> {
  const head = await refuseByHead(path);
  const skipBytes = await readId3Burden(path);
  const stderr = await headersOf(path, skipBytes, options);
  const probe = parseProbe(stderr);
  if (!probe) throw unreadable(stderr, head);
  const [stream] = probe.audioStreams;
  if (!stream) {
    throw new PermanentError("no-audio-stream", `the file is ${probe.container} and holds no audio stream`);
  }
  if (stream.codec === "none" || stream.codec === "unknown") {
    throw new PermanentError(
      "unsupported-codec",
      `the audio stream in ${probe.container} has a codec that is unknown`,
    );
  }
  if (stream.sampleRateHz === null || stream.channels === null) {
    throw new PermanentError(
      "no-samples-decoded",
      `the ${stream.codec} stream in ${probe.container} is too damaged or too short to tell its sample rate and channels`,
    );
  }
  return { ...probe, skipBytes, damage: null };
}

/** @returns the first bytes of a file that is not refused. */
async function refuseByHead(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size === 0) throw new PermanentError("empty-file", "the file has no bytes");
    // Not every build looks for a playlist behind tags.
    const start = await endOfTags(windowed(file));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, start);
    const playlist = recognisePlaylist(buffer.subarray(0, bytesRead));
    if (playlist) throw new PermanentError("forbidden-input", `the file is ${playlist}, not audio`);
    if (endsInAuHead(buffer.subarray(0, bytesRead), size)) throw endsInHeader();
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** An AU file says where its samples begin. ffmpeg of 2018 reads on to there byte by byte, through 2 GB of nothing. */
function endsInAuHead(head: Buffer, sizeBytes: number): boolean {
  return head.length >= 8 && head.toString("latin1", 0, 4) === ".snd" && head.readUInt32BE(4) > sizeBytes;
}

/** Without an output ffmpeg prints what it found and exits with an error; a run that succeeds is no surprise either. */
async function headersOf(path: string, skipBytes: number, options: RunFfmpegOptions): Promise<string> {
  try {
    const { stderr } = await runFfmpeg(inputOf(path, skipBytes), options);
    return stderr;
  } catch (error) {
    if (error instanceof FfmpegError && error.reason === "exit" && error.exitSignal === null) {
      if (!isSystemFailure(error.stderr)) return error.stderr;
    }
    throw error;
  }
}

/**
 * Failures that say nothing about the file. An input/output error is none of them: that is how ffmpeg reports a file
 * that ends inside its own header; nor is a lack of memory, which headers with absurd counts ask for.
 */
export function isSystemFailure(stderr: string): boolean {
  const words = /No such file or directory|Permission denied|No space left on device|Too many open files/;
  return errorLinesOf(stderr).some((line) => words.test(line));
}

/** What ffmpeg takes any bytes for whose file is called `*.bin`, as a worker calls a master: it says nothing of them. */
const byNameAlone = "bin";

function unreadable(stderr: string, head: Buffer): PermanentError {
  const refused = /\[([\w,]+) @ [^\]]*\] \[error\] Format not on whitelist/.exec(stderr)?.[1];
  if (refused && refersElsewhere(refused)) {
    return new PermanentError(
      "forbidden-input",
      `the file is a list of other files or addresses (${refused})`,
    );
  }
  if (refused === byNameAlone) return inNoFormat();
  if (refused) return new PermanentError("not-audio", `the file is ${refused}, which is not read as audio`);
  if (/moov atom not found/.test(stderr)) {
    return new PermanentError(
      "no-samples-decoded",
      "the file is MP4 or M4A without its index (moov atom): it is cut off, or was never finished",
    );
  }
  if (/Input\/output error|End of file/.test(stderr)) {
    return endsInHeader();
  }
  if (/Cannot allocate memory/.test(stderr)) {
    return new PermanentError(
      "no-samples-decoded",
      "the file's header asks for more memory than any audio needs",
    );
  }
  const known = recogniseAudio(head);
  if (known !== null) {
    const message = `the file is ${known} by its first bytes, and cut off or damaged before any audio`;
    return new PermanentError("no-samples-decoded", message);
  }
  return inNoFormat();
}

function inNoFormat(): PermanentError {
  return new PermanentError("not-audio", "the bytes are in no audio or video format that can be read");
}

function endsInHeader(): PermanentError {
  return new PermanentError("no-samples-decoded", "the file ends inside its own header");
}
