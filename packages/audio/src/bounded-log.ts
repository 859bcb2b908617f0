/** Keeps the beginning and the end of a stream of text, whatever its length, and counts its error lines. */
export class BoundedLog {
  readonly #keepBytes: number;
  #head = "";
  #tail = "";
  #unfinished = "";
  #errorLines = 0;
  #cut = false;

  /** @param keepBytes kept of the beginning, and as much of the end. */
  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  push(chunk: Buffer): void {
    // Not UTF-8 for certain: metadata of any charset is echoed. Latin-1 loses no byte.
    const text = chunk.toString("latin1");
    const room = this.#keepBytes - this.#head.length;
    this.#head += text.slice(0, room);
    this.#tail += text.slice(Math.max(0, room));
    if (this.#tail.length > 2 * this.#keepBytes) {
      this.#tail = this.#tail.slice(-this.#keepBytes);
      this.#cut = true;
    }
    const lines = (this.#unfinished + text).split("\n");
    this.#unfinished = (lines.pop() ?? "").slice(-4096);
    for (const line of lines) if (line.includes("[error]")) this.#errorLines += 1;
  }

  /** Lines that ffmpeg marks as errors under `-v level+info`, also those that are not kept. */
  get errorLines(): number {
    return this.#errorLines + (this.#unfinished.includes("[error]") ? 1 : 0);
  }

  get text(): string {
    return this.#cut ? `${this.#head}\n[...]\n${this.#tail}` : this.#head + this.#tail;
  }
}
