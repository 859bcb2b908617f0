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

/** Where what is made of it when it is read is: of whatever the file is now. */
export function latestRenderingUrl(trackUrl: string, kind: string, rendering: string): string {
  return `${latestAssetUrl(trackUrl, kind)}.${rendering}`;
}

/** The same of one state of the file, as one version of its renderer makes it, for ever. */
export function permanentRenderingUrl(
  trackUrl: string,
  kind: string,
  { name, version }: { readonly name: string; readonly version: number },
  { address, crc32c }: { readonly address: string; readonly crc32c: string },
): string {
  return `${latestRenderingUrl(trackUrl, kind, name)}/${address}?crc32c=${hexOf(crc32c)}&version=${version}`;
}

/** @param crc32c as Cloud Storage writes it: base64 of the big-endian value. */
export function hexOf(crc32c: string): string {
  return Buffer.from(crc32c, "base64").toString("hex");
}
