/** Our names of tags to those that ffmpeg's m4a muxer writes as atoms; it has no atom for the others. */
const muxerKeys: Readonly<Record<string, string>> = {
  title: "title",
  artist: "artist",
  album: "album",
  albumArtist: "album_artist",
  composer: "composer",
  genre: "genre",
  date: "date",
  track: "track",
  disc: "disc",
  copyright: "copyright",
  comment: "comment",
};

/** Arguments that write tags, already clean text, into an m4a. */
export function metadataArgs(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(muxerKeys).flatMap(([tag, key]) => {
    const value = tags[tag];
    return value === undefined ? [] : ["-metadata", `${key}=${value}`];
  });
}
