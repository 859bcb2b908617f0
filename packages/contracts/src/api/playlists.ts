import { z } from "zod";
import { TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import { FoundTrack } from "./search.ts";
import { searchFilters, searchFlag, searchText } from "./search-filters.ts";

/** What a playlist may be: how long, in minutes, and how many tracks in it. */
export const playlistLimits = { minutes: 600, tracks: 200 } as const;

/** `m3u8` and `jspf` are files for players. */
export const playlistFormats = ["json", "m3u8", "jspf"] as const;
export type PlaylistFormat = (typeof playlistFormats)[number];

/** The types that playlists are sent as. */
export const playlistTypes: Readonly<Record<PlaylistFormat, string>> = {
  json: "application/json",
  // Of RFC 8216; UTF-8 by its definition.
  m3u8: "application/vnd.apple.mpegurl",
  jspf: "application/jspf+json",
};

const { harmonic: _harmonic, octaves: _octaves, ...filters } = searchFilters;

/** What `GET /v1/playlists` takes. */
export const PlaylistQuery = z.strictObject({
  ...filters,
  minutes: z.coerce
    .number()
    .min(1)
    .max(playlistLimits.minutes)
    .default(60)
    .meta({ description: "how long it is to be; as near to it as tracks allow", examples: [90] }),
  seed: TrackId.optional().meta({
    description: "the track that it begins with",
    examples: ["01900000-0000-7000-8000-000000000001"],
  }),
  course: searchText(100)
    .optional()
    .meta({
      description:
        "tempo at the beginning and at the end, in beats per minute: `118..126` rises steadily, `126..118` falls. Tracks without a tempo are left out",
      examples: ["118..126"],
    }),
  harmonic: searchFlag(
    "true: each track's key goes with that of the one before: the same, one step either way on the Camelot wheel, or the relative major or minor. Tracks without a key are left out",
  ),
  octaves: searchFlag("true: half and double of a tempo are the same tempo"),
  neighbours: searchFlag("true: keys that go with `key` may be in it too, as `harmonic` of a search has it"),
  variant: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .meta({ description: "another number, another playlist of the same wish", examples: [1] }),
  audio: searchText(60)
    .optional()
    .meta({
      description:
        "what links lead to: the name of a kind that is a sound file, or `master`. Left out: the first such kind that a track has, else its master",
      examples: ["master"],
    }),
  format: z
    .enum(playlistFormats)
    .default("json")
    .meta({ description: "`m3u8` and `jspf` are files for players", examples: ["m3u8"] }),
});
export type PlaylistQuery = z.infer<typeof PlaylistQuery>;

const number = (description: string) => z.number().nullable().describe(`${description}; null: not known`);

/** From one track to the next. */
export const Transition = z
  .object({
    tempoPercent: number(
      "by how much the tempo changes, in per cent; with `octaves` as near as half or double of it allow",
    ),
    key: openEnum(["same", "neighbour", "relative", "other", "unknown"]).describe(
      "how the keys go together: `neighbour` is one step on the Camelot wheel",
    ),
    loudnessLu: number("how much louder it becomes, in LU"),
    energy: number("how much more energetic it becomes, from -1 to 1"),
    cost: z
      .number()
      .describe(
        "what it counts for: 0 is not to be noticed; of several playlists the one that costs least is made",
      ),
  })
  .meta({ id: "Transition" });
export type Transition = z.infer<typeof Transition>;

/** A track of a playlist. */
export const PlaylistTrack = FoundTrack.extend({
  startSec: z.number().describe("when it begins, with nothing between tracks and none over another"),
  durationSec: z.number().describe("of the track"),
  bpm: number("tempo"),
  camelot: z.string().nullable().describe("key as on the Camelot wheel; null: not known"),
  loudness: number("integrated, in LUFS"),
  energy: number("from 0 to 1: a fact of this name, else how sure the tag `energetic` is"),
  audio: z
    .object({
      kind: z.string().describe("of the file; `master`: what was sent"),
      url: z.string().describe("of the file"),
    })
    .describe("what a player plays"),
  transition: Transition.nullable().describe("from the track before; null of the first"),
}).meta({ id: "PlaylistTrack" });
export type PlaylistTrack = z.infer<typeof PlaylistTrack>;

/** What `GET /v1/playlists` answers as JSON. */
export const Playlist = z
  .object({
    title: z.string().describe("what was wished for, in words"),
    tracks: z.array(PlaylistTrack).describe("none twice, and none that has the same master as another"),
    durationSec: z.number().describe("of all of them"),
    wantedSec: z
      .number()
      .describe("what was wished for. Where far fewer are found, nothing more goes with the last track"),
    candidates: z.int().describe("tracks that were looked at"),
    isSampled: z
      .boolean()
      .describe("true: more are as it is asked for than were looked at; `variant` looks at others"),
    isComplete: z
      .boolean()
      .describe("false while search goes through all tracks: some may be missing, or not be as they are"),
  })
  .meta({ id: "Playlist" });
export type Playlist = z.infer<typeof Playlist>;
