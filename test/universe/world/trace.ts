import { createHash } from "node:crypto";

const chunkChars = 1 << 16;

/** All that happened, in order: hashed always, kept where somebody wants to read it. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #kept: string[] | null;
  #chunk = "";
  lines = 0;

  constructor(keep: boolean) {
    this.#kept = keep ? [] : null;
  }

  add(line: string): void {
    this.lines += 1;
    this.#kept?.push(line);
    this.#chunk += `${line}\n`;
    if (this.#chunk.length > chunkChars) this.#flush();
  }

  /** Ends the trace. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  kept(): readonly string[] {
    return this.#kept ?? [];
  }

  #flush(): void {
    this.#hash.update(this.#chunk);
    this.#chunk = "";
  }
}
