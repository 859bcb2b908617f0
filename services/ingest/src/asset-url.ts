/** Where a track's file of a kind is: whatever it is now. */
export function latestAssetUrl(trackUrl: string, kind: string): string {
  return `${trackUrl}/assets/${kind}`;
}

/**
 * Where one state of a file is, for ever: its address, and the checksum of its bytes, since a forced run may put others at the same
 * address.
 */
export function permanentAssetUrl(
  trackUrl: string,
  kind: string,
  { address, crc32c }: { readonly address: string; readonly crc32c: string },
): string {
  return `${latestAssetUrl(trackUrl, kind)}/${address}?crc32c=${hexOf(crc32c)}`;
}

/** @param crc32c as Cloud Storage writes it: base64 of the big-endian value. */
export function hexOf(crc32c: string): string {
  return Buffer.from(crc32c, "base64").toString("hex");
}
