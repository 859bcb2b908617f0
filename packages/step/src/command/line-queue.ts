export interface LineLimits {
  /** Of one line, its end not counted. */
  readonly maxLineBytes: number;
  readonly maxTotalBytes: number;
}

const newline = 0x0a;

/**
 * Lines of a stream as they come. The stream is read at its own speed, so that its writer never waits; the limits bound
 * what may lie here, which is kept as it came: a flood of short lines takes no more than its bytes.
 */
export class LineQueue implements AsyncIterable<Buffer> {
  readonly #limits: LineLimits;
  readonly #onExcess: (what: string) => void;
  #chunks: Buffer[] = [];
  /** What the next line to be taken has so far. */
  #begun: Buffer[] = [];
  /** Length of the last line to have come, so far. */
  #openBytes = 0;
  #totalBytes = 0;
  #closed = false;
  #discarded = false;
  #wake: () => void = () => {};

  /** @param onExcess told once, in words, when a limit is passed; what lies here and what comes after is dropped. */
  constructor(limits: LineLimits, onExcess: (what: string) => void) {
    this.#limits = limits;
    this.#onExcess = onExcess;
  }

  push(chunk: Buffer): void {
    if (this.#closed) return;
    const { maxLineBytes, maxTotalBytes } = this.#limits;
    this.#totalBytes += chunk.length;
    if (this.#longestWith(chunk) > maxLineBytes) this.#exceed(`a line of more than ${maxLineBytes} bytes`);
    else if (this.#totalBytes > maxTotalBytes) this.#exceed(`more than ${maxTotalBytes} bytes`);
    else this.#chunks.push(chunk);
    this.#wake();
  }

  /** No more will come. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** No more is wanted, of what lies here neither. */
  discard(): void {
    this.#discarded = true;
    this.#chunks = [];
    this.#begun = [];
    this.close();
  }

  /** What came after the last line's end, once; empty if nothing did. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#begun);
    this.#begun = [];
    return rest;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) yield* this.#split(chunk);
      else if (this.#closed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  *#split(chunk: Buffer): Generator<Buffer, void, void> {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      this.#begun.push(chunk.subarray(from, at));
      yield this.takeRest();
      if (this.#discarded) return;
      from = at + 1;
    }
    this.#begun.push(chunk.subarray(from));
  }

  #longestWith(chunk: Buffer): number {
    let longest = 0;
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      longest = Math.max(longest, this.#openBytes + at - from);
      this.#openBytes = 0;
      from = at + 1;
    }
    this.#openBytes += chunk.length - from;
    return Math.max(longest, this.#openBytes);
  }

  #exceed(what: string): void {
    this.discard();
    this.#onExcess(what);
  }
}
