import { BoundedText } from "@segue/child-process";
import { findMachineTrouble } from "@segue/contracts";

/** How a line begins that ffmpeg marks as an error under `-v level+info`: what says so, if it has a name, then the mark. */
const errorLine = /^(?:\[([^\]@]*) @ [^\]]*\] )*\[(?:error|fatal|panic)\] /;

/** Who reports what nobody hears: decoders of covers and films, at which builds look while they probe, or do not. */
const pictures =
  /\b(?:mjpeg|jpeg\w*|a?png|webp|gif|bmp|tiff|h26[34]|hevc|av1|vp[89]|mpeg[124]video|msmpeg4\w*|wmv\d|theora|prores)\b/;

/**
 * Checksums that builds up to 4.2 do not look at, and which are wrong in every frame where an encoder knew no better: looked
 * at by `countMp3Faults`.
 */
const ownMatter = /^\[mp[123]\w* @ [^\]]*\] \[error\] CRC mismatch/;
/** What some builds say of subtitles that look like a playlist, and were not taken for one. */
const noPlaylist = /^\[error\] Not detecting /;

/** The lines that ffmpeg itself marks as errors: all others may be a file's words, titles among them. */
export function errorLinesOf(stderr: string): string[] {
  return stderr.split("\n").filter((line) => errorLine.test(line));
}

/** Far longer than any line of ffmpeg's own; lines of a file's tags may be longer. */
const keptLineLength = 4096;

/** Keeps the beginning and the end of what ffmpeg writes, whatever its length, and tells its errors from a file's words. */
export class FfmpegLog {
  readonly #kept: BoundedText;
  #unfinished = "";
  #errorLines = 0;
  #machineFault: string | null = null;

  /** @param keepBytes kept of the beginning, and as much of the end. */
  constructor(keepBytes: number) {
    this.#kept = new BoundedText(keepBytes);
  }

  push(chunk: Buffer): void {
    this.#kept.push(chunk);
    const lines = (this.#unfinished + chunk.toString("latin1")).split("\n");
    this.#unfinished = (lines.pop() ?? "").slice(0, keptLineLength);
    for (const line of lines) this.#judge(line);
  }

  /** To be called when nothing more comes: a line may lack its end. */
  end(): void {
    this.#judge(this.#unfinished);
    this.#unfinished = "";
  }

  #judge(line: string): void {
    const error = errorLine.exec(line);
    if (!error) return;
    if (!pictures.test(error[1] ?? "") && !ownMatter.test(line) && !noPlaylist.test(line))
      this.#errorLines += 1;
    this.#machineFault ??= findMachineTrouble(line);
  }

  /** Lines that ffmpeg marks as errors and that concern the sound, also those that are not kept. */
  get errorLines(): number {
    return this.#errorLines;
  }

  /** The first thing that the machine lacked; null where it lacked nothing. */
  get machineFault(): string | null {
    return this.#machineFault;
  }

  /** Not UTF-8 for certain: metadata of any charset is echoed. Decoded as Latin-1. */
  get text(): string {
    return this.#kept.latin1;
  }
}
