/** To the process that watches. */
export type WatchRequest =
  /** Opens so many streams, of what happens to all tracks or, in turns, to each of some. */
  | { readonly type: "open"; readonly count: number; readonly trackIds?: readonly string[] }
  /** Tells what has come so far. */
  | { readonly type: "count" };

/** From it. */
export type WatchAnswer =
  /** All that were asked for have begun. */
  | { readonly type: "opened" }
  | {
      readonly type: "counted";
      /** Changes that each stream has told, of all tracks and of one each. */
      readonly ofAll: readonly number[];
      readonly ofTracks: readonly number[];
    }
  | { readonly type: "failed"; readonly message: string };
