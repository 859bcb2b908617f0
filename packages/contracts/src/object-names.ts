/** How objects in the records bucket are named. Names lead with a hash, so that writes spread over the key space. */

const trackSuffix = ".track.json";

/** The object that keeps an accepted track. @param idDigest SHA-256 of the track's id, in hex. */
export function trackObjectName(idDigest: string): string {
  return `${idDigest}${trackSuffix}`;
}

export function isTrackObjectName(name: string): boolean {
  return name.endsWith(trackSuffix);
}
