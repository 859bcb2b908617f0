import { status } from "@grpc/grpc-js";
import { StatusError } from "./status-error.ts";

function malformed(): StatusError {
  return new StatusError(status.INTERNAL, "the request is not a well-formed protobuf message");
}

/** Wire types of the protobuf encoding that the Pub/Sub messages use. */
export const VARINT = 0;
export const LENGTH_DELIMITED = 2;

/**
 * A cursor over protobuf wire bytes, for the few messages on the hot path: it finds field boundaries without
 * building objects, so payloads are copied once and attributes are decoded only when a filter asks.
 * After `next()`, `field` and `wireType` describe the field whose value the cursor stands on.
 */
export class WireReader {
  readonly buffer: Buffer;
  position: number;
  end: number;
  field = 0;
  wireType = 0;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  /** Reads the next tag; false at the end. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** An unsigned varint up to 2^53; larger ones (negative int32 and int64) lose precision but keep their place. */
  varint(): number {
    // Almost every tag and length is a single byte.
    const first = this.buffer[this.position];
    if (first !== undefined && first < 0x80 && this.position < this.end) {
      this.position++;
      return first;
    }
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      if (this.position >= this.end) throw malformed();
      const byte = this.buffer[this.position++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw malformed();
  }

  /** A signed int32 or int64 within +-2^53; negative ones take ten bytes, of which a double would lose the low ones. */
  signed(): number {
    const start = this.position;
    const value = this.varint();
    if (this.position - start < 10) return value;
    let exact = 0n;
    for (let i = 9; i >= 0; i--) exact = (exact << 7n) | BigInt((this.buffer[start + i] ?? 0) & 0x7f);
    return Number(BigInt.asIntN(64, exact));
  }

  /** Reads a length prefix and returns where the value ends; the cursor stands on its first byte. */
  lengthEnd(): number {
    const end = this.varint() + this.position;
    if (end > this.end) throw malformed();
    return end;
  }

  /** Narrows the cursor to the message whose length comes next; returns what `leave` needs. */
  enter(): number {
    const outer = this.end;
    this.end = this.lengthEnd();
    return outer;
  }

  /** Goes on after the message that `enter` narrowed to. */
  leave(outer: number): void {
    this.position = this.end;
    this.end = outer;
  }

  /** A length-delimited UTF-8 string. */
  string(): string {
    const end = this.lengthEnd();
    const value = this.buffer.toString("utf8", this.position, end);
    this.position = end;
    return value;
  }

  /** Passes over the value of the current field. */
  skip(): void {
    if (this.wireType === VARINT) this.varint();
    else if (this.wireType === LENGTH_DELIMITED) this.position = this.lengthEnd();
    else if (this.wireType === 1) this.position += 8;
    else if (this.wireType === 5) this.position += 4;
    else throw malformed();
    if (this.position > this.end) throw malformed();
  }
}
