import { PassThrough, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, type ZlibOptions } from "node:zlib";
import type { IntakeError } from "./intake-error.ts";

/** What follows the end of the coded bytes would be dropped in silence; of gzip, it may be another member. */
const whole: Pick<ZlibOptions, "maxOutputLength"> & {
  /** Missing in the types of Node. */
  readonly rejectGarbageAfterEnd: true;
} = { rejectGarbageAfterEnd: true };

const decoders = {
  gzip: () => createGunzip(),
  "x-gzip": () => createGunzip(),
  deflate: () => createInflate(whole),
  br: () => createBrotliDecompress(whole),
} as const satisfies Record<string, () => Transform>;

/** What `Content-Encoding` may say, in words. */
export const knownEncodings = "gzip, deflate or br, once";

export type Encoding = keyof typeof decoders | "identity";

/** The content coding that a header names; undefined for one that can't be taken off, and for several. */
export function readEncoding(header: string | undefined): Encoding | undefined {
  const name = (header ?? "").trim().toLowerCase();
  if (name === "" || name === "identity") return "identity";
  return Object.hasOwn(decoders, name) ? (name as keyof typeof decoders) : undefined;
}

export interface DecodedBody {
  readonly body: Readable;
  /** Lets go of the source, whether it was read to its end or not. */
  end(): void;
}

/**
 * Takes a content coding off bytes as they stream by. How much may come out is its reader's to limit: it is made only as
 * fast as it is read. Bytes that are not so encoded make the body fail with what `toError` makes of it; the source is
 * left alone.
 */
export function decodeBody(
  source: Readable,
  encoding: Encoding,
  toError: (cause: Error) => IntakeError,
): DecodedBody {
  if (encoding === "identity") return { body: source, end() {} };
  const decoder = decoders[encoding]();
  const body = new PassThrough();
  // Whoever reads may have stopped to listen before the last of these: an error that nobody hears would end the process.
  body.on("error", () => {});
  decoder.on("error", (cause) => body.destroy(toError(cause)));
  source.on("error", (error) => body.destroy(error));
  source.pipe(decoder).pipe(body);
  return {
    body,
    end() {
      source.unpipe(decoder);
      decoder.destroy();
      body.destroy();
    },
  };
}
