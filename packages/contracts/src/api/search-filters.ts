import { z } from "zod";

export const searchText = (most = 500) => z.string().max(most);
export const searchRange = (description: string, example: string) =>
  searchText(100)
    .optional()
    .meta({
      description: `${description}: \`from..to\`, both included; one of them may be left out`,
      examples: [example],
    });
export const searchFlag = (description: string) =>
  z
    .enum(["false", "true"])
    .transform((word) => word === "true")
    .optional()
    .meta({ description });

/** What a track is to be like. */
export const searchFilters = {
  bpm: searchRange("tempo in beats per minute", "120..128"),
  octaves: searchFlag("true: half and double of `bpm` count too"),
  key: searchText(100)
    .optional()
    .meta({
      description: "a key by its name or as on the Camelot wheel; several, separated by commas: any of them",
      examples: ["8A"],
    }),
  harmonic: searchFlag(
    "true: keys that go with `key` count too: one step either way on the Camelot wheel, and the relative major or minor",
  ),
  tags: searchText()
    .optional()
    .meta({
      description:
        "words that are heard in it, separated by commas: all of them; behind a colon the least score",
      examples: ["electronic:0.5,dance"],
    }),
  duration: searchRange("in seconds", "180..300"),
  loudness: searchRange("integrated, in LUFS", "-12..-8"),
  state: searchText(100)
    .optional()
    .meta({ description: "states of a track, separated by commas: any of them", examples: ["done,partial"] }),
  accepted: searchText(100)
    .optional()
    .meta({
      description:
        "when it was accepted: `from..to`, days or instants in UTC; a day is all of it, an instant at the end is not included",
      examples: ["2025-01-01..2025-12-31"],
    }),
  words: searchText()
    .optional()
    .meta({
      description:
        "words of title, file name and the client's own metadata: all of them; the last may be the beginning of one. Case and accents don't matter",
      examples: ["song"],
    }),
  where: searchText(1_000)
    .optional()
    .meta({
      description:
        "any other facts, `name=value`, separated by semicolons: all of them. Of a number a range, of a keyword one of several separated by `|`, " +
        "of a text its words. A name is as in `tempo.bpm`; its last part alone will do where no other fact ends so. " +
        "`metadata.NAME` is what its client has said of it by that name: the whole text in any case, or one of several separated by `|`; `||` is one in it. " +
        "`;;` is a semicolon in a value",
      examples: ["aac.codec=aac;aac.bitRateKbps=96.."],
    }),
};
