const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/** ID3v1's fields have 28 or 30 bytes, and cut what is longer. */
const shortestCutBytes = 28;

/**
 * Bytes of a charset as text; null where they are none. The last character of a text as long as a field of fixed length
 * may be cut off, and is left out then.
 */
export function decodeBytes(bytes: Buffer, charset: string): string | null {
  let decoder = decoders.get(charset);
  if (!decoder) {
    decoder = new TextDecoder(charset, { fatal: true });
    decoders.set(charset, decoder);
  }
  const longest = bytes.length < shortestCutBytes ? 0 : charset === "utf-8" ? 3 : 1;
  for (let cut = 0; cut <= longest; cut++) {
    try {
      return decoder.decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      // What is left out must have begun a character, and not be the only sign of the charset.
      const kept = bytes.subarray(0, bytes.length - cut - 1);
      if ((bytes.at(-1 - cut) ?? 0) < 0x80 || !kept.some((byte) => byte >= 0xc0)) return null;
    }
  }
  return null;
}

/** All of some texts, or null if one of them is none in this charset. */
export function decodeAll(texts: readonly Buffer[], charset: string): string[] | null {
  const decoded: string[] = [];
  for (const bytes of texts) {
    const text = decodeBytes(bytes, charset);
    if (text === null) return null;
    decoded.push(text);
  }
  return decoded;
}
