// Stands in for `node:fs`.
import * as own from "node:fs";
import { Readable, Writable } from "node:stream";
import { findDisk } from "./fs-promises.ts";

export { accessSync, constants } from "node:fs";

export function existsSync(path: string): boolean {
  return findDisk(path)?.has(path) ?? own.existsSync(path);
}

export function readFileSync(path: string, encoding?: BufferEncoding): string | Buffer {
  const bytes = findDisk(path)?.read(path) ?? own.readFileSync(path);
  return encoding ? bytes.toString(encoding) : bytes;
}

export function readdirSync(path: string): string[] {
  return findDisk(path)?.list(path) ?? own.readdirSync(path);
}

export function readlinkSync(path: string): string {
  findDisk(path);
  return own.readlinkSync(path);
}

export function writeFileSync(path: string, data: string | Uint8Array): void {
  findDisk(path)?.write(path, Buffer.from(data));
}

export function createReadStream(path: string, range: { start?: number; end?: number } = {}): Readable {
  const { start = 0, end = Number.POSITIVE_INFINITY } = range;
  return new Readable({
    read() {
      try {
        const bytes = findDisk(path)?.read(path) ?? own.readFileSync(path);
        this.push(bytes.subarray(start, end + 1));
        this.push(null);
      } catch (error) {
        this.destroy(error as Error);
      }
    },
  });
}

export function createWriteStream(path: string): Writable {
  const chunks: Buffer[] = [];
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
    final(done) {
      try {
        findDisk(path)?.write(path, Buffer.concat(chunks));
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
