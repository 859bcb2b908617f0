/** Of the whole room, what one master may have: a slow sender of a large one must not take it from all others. */
const shareOfOne = 4;

/** Memory for masters that are on their way in, of all senders together. */
export interface Spool {
  /** Room for bytes of a master that has `heldBytes` of it already. False: there is none, for it or for anybody. */
  take(heldBytes: number, bytes: number): boolean;
  give(bytes: number): void;
}

/** @param roomBytes 0 holds nothing. */
export function createSpool(roomBytes: number): Spool {
  let takenBytes = 0;
  return {
    take(heldBytes, bytes) {
      if (heldBytes + bytes > roomBytes / shareOfOne || takenBytes + bytes > roomBytes) return false;
      takenBytes += bytes;
      return true;
    },
    give(bytes) {
      takenBytes -= bytes;
    },
  };
}
