/** Keeps the beginning and the end of a stream of text, whatever its length. */
export class BoundedText {
  readonly #keepBytes: number;
  #head = "";
  #tail = "";
  #cut = false;

  /** @param keepBytes kept of the beginning, and as much of the end. */
  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  push(chunk: Buffer): void {
    // Latin-1 loses no byte, whatever the charset is, and a character may be cut in two between chunks.
    const text = chunk.toString("latin1");
    const room = this.#keepBytes - this.#head.length;
    this.#head += text.slice(0, room);
    this.#tail += text.slice(Math.max(0, room));
    if (this.#tail.length > 2 * this.#keepBytes) {
      this.#tail = this.#tail.slice(-this.#keepBytes);
      this.#cut = true;
    }
  }

  /** Decoded as Latin-1. */
  get latin1(): string {
    return this.#cut ? `${this.#head}\n[...]\n${this.#tail}` : this.#head + this.#tail;
  }

  /** Decoded as UTF-8; what is none becomes U+FFFD. */
  get utf8(): string {
    return Buffer.from(this.latin1, "latin1").toString("utf8");
  }
}
