import { BoundedText } from "@segue/child-process";

/** Keeps the beginning and the end of what ffmpeg writes, whatever its length, and counts its error lines. */
export class BoundedLog {
  readonly #kept: BoundedText;
  #unfinished = "";
  #errorLines = 0;

  /** @param keepBytes kept of the beginning, and as much of the end. */
  constructor(keepBytes: number) {
    this.#kept = new BoundedText(keepBytes);
  }

  push(chunk: Buffer): void {
    this.#kept.push(chunk);
    const lines = (this.#unfinished + chunk.toString("latin1")).split("\n");
    this.#unfinished = (lines.pop() ?? "").slice(-4096);
    for (const line of lines) if (line.includes("[error]")) this.#errorLines += 1;
  }

  /** Lines that ffmpeg marks as errors under `-v level+info`, also those that are not kept. */
  get errorLines(): number {
    return this.#errorLines + (this.#unfinished.includes("[error]") ? 1 : 0);
  }

  /** Not UTF-8 for certain: metadata of any charset is echoed. Decoded as Latin-1. */
  get text(): string {
    return this.#kept.latin1;
  }
}
