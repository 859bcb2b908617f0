import type { ObjectFields } from "./fields.ts";
import type { Preconditions } from "./preconditions.ts";

/** What the client says the bytes must hash to, in base64. */
export type ExpectedDigests = { readonly crc32c?: string | undefined; readonly md5?: string | undefined };

/** What the bytes of an upload must be, or nothing is stored. */
export type ExpectedBytes = ExpectedDigests & {
  readonly minBytes?: number | undefined;
  readonly maxBytes?: number | undefined;
};

export type Upload = {
  readonly bucket: string;
  readonly name: string;
  readonly fields: ObjectFields;
  readonly expected: ExpectedBytes;
  readonly conditions: Preconditions;
};
