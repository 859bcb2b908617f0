export interface LineLimits {
  readonly maxLineBytes: number;
  readonly maxTotalBytes: number;
}

const newline = 0x0a;

/**
 * Lines of a stream as they come. The stream is read at its own speed, so that its writer never waits; the limits bound
 * what may lie here.
 */
export class LineQueue implements AsyncIterable<Buffer> {
  readonly #limits: LineLimits;
  readonly #onExcess: (what: string) => void;
  readonly #lines: Buffer[] = [];
  #unfinished: Buffer[] = [];
  #unfinishedBytes = 0;
  #totalBytes = 0;
  #closed = false;
  #wake: () => void = () => {};

  /** @param onExcess told once, in words, when a limit is passed; what comes after is dropped. */
  constructor(limits: LineLimits, onExcess: (what: string) => void) {
    this.#limits = limits;
    this.#onExcess = onExcess;
  }

  push(chunk: Buffer): void {
    if (this.#closed) return;
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, at));
      this.#lines.push(this.takeRest());
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    this.#totalBytes += chunk.length;
    const { maxLineBytes, maxTotalBytes } = this.#limits;
    const longest = Math.max(this.#unfinishedBytes, ...this.#lines.map((line) => line.length));
    if (longest > maxLineBytes) this.#exceed(`a line of more than ${maxLineBytes} bytes`);
    else if (this.#totalBytes > maxTotalBytes) this.#exceed(`more than ${maxTotalBytes} bytes`);
    this.#wake();
  }

  /** No more will come. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** No more is wanted, of what lies here neither. */
  discard(): void {
    this.#lines.length = 0;
    this.takeRest();
    this.close();
  }

  /** What came after the last line's end, once; empty if nothing did. */
  takeRest(): Buffer {
    const rest = Buffer.concat(this.#unfinished);
    this.#unfinished = [];
    this.#unfinishedBytes = 0;
    return rest;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      for (let line = this.#lines.shift(); line; line = this.#lines.shift()) yield line;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#unfinished.push(bytes);
    this.#unfinishedBytes += bytes.length;
  }

  #exceed(what: string): void {
    this.discard();
    this.#onExcess(what);
  }
}
