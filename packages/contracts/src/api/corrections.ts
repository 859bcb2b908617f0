import { z } from "zod";
import { relations } from "../corrections/differences.ts";
import { Instant, Name, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";

const said = (most: number) => z.string().trim().min(1).max(most);
const facts = z.record(z.string(), z.unknown());
/** As a kind may have it. */
const value = z.union([
  z.number(),
  z.string(),
  z.boolean(),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
  z.null(),
]);

/** What `PUT /v1/tracks/:id/corrections/:kind` takes. */
export const CorrectionRequest = z
  .strictObject({
    facts: facts
      .refine((given) => Object.keys(given).length > 0, { error: "expected at least one fact" })
      .describe(
        "a person's values, by the names of facts within the kind: those that its schema marks with `x-correct`, each as its schema has it; null where there is none. " +
          "Of a key one way to write it is enough; a list of words with scores takes words alone",
      ),
    author: said(100).optional().describe("who it is, where one key serves several people"),
    note: said(500).optional().describe("why, for people"),
  })
  .meta({ id: "CorrectionRequest", examples: [{ facts: { bpm: 128 }, author: "Ada" }] });
export type CorrectionRequest = z.infer<typeof CorrectionRequest>;

const entry = {
  number: z.int().describe("of the track's corrections, from 1 on"),
  kind: Name,
  machine: z
    .object({
      version: z.int().nullable().describe("of the step that had made it"),
      facts: facts.describe("by their names within the kind; null: it had none"),
    })
    .nullable()
    .describe(
      "what the machine had for the same facts when it was put beside them; null: nothing of this kind",
    ),
  by: z.string().describe("id of the API key that it came with"),
  author: z.string().nullable().describe("who it was, as their client has said"),
  note: z.string().nullable().describe("why, as they have said"),
  at: Instant.describe("when it was said"),
};

/** Where what the machine says now disagrees with a person. */
export const Disagreement = z
  .object({
    fact: z.string().describe("as in `tempo.bpm`"),
    person: value.describe("what the person has said"),
    machine: value.describe("what the machine says now; null: nothing"),
    relation: openEnum(relations).describe(
      "of a number whose octave may be meant otherwise: the machine has half, double, a third or triple of it; `none`: it has nothing; else `other`",
    ),
  })
  .meta({ id: "Disagreement" });
export type Disagreement = z.infer<typeof Disagreement>;

/** A person's word on a kind of a track, as it stands. */
export const StandingCorrection = z
  .object({
    ...entry,
    facts: facts.describe("what they say it is, by the names of facts within the kind: these hold in search"),
    version: z
      .int()
      .nullable()
      .describe("of the step whose result the track has now; null: it has none of this kind"),
    disagreements: z
      .array(Disagreement)
      .describe("in what the machine's present values are others; none: it agrees"),
  })
  .meta({ id: "Correction" });
export type StandingCorrection = z.infer<typeof StandingCorrection>;

/** What `GET /v1/tracks/:id/corrections` answers. */
export const CorrectionHistory = z
  .object({
    corrections: z.record(Name, StandingCorrection).describe("those that stand, by kind"),
    history: z
      .array(
        z.object({
          ...entry,
          facts: facts.nullable().describe("null: what was said of the kind before was taken back"),
        }),
      )
      .describe("all that was said, oldest first"),
  })
  .meta({ id: "CorrectionHistory" });
export type CorrectionHistory = z.infer<typeof CorrectionHistory>;

/** Tracks on a page of `GET /v1/corrections`, at most: of each all that a machine has made is read. */
export const maxCorrectedTracks = 100;

/** What `GET /v1/corrections` takes. */
export const CorrectionsQuery = z.strictObject({
  disagreeing: z
    .enum(["false", "true"])
    .transform((word) => word === "true")
    .optional()
    .meta({
      description: "true: only where what the machine says now disagrees with what a person has said",
    }),
  kind: Name.optional().meta({ description: "only corrections of this kind", examples: ["tempo"] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxCorrectedTracks)
    .default(50)
    .describe("tracks that are looked at for a page"),
  cursor: z
    .string()
    .max(100)
    .optional()
    .meta({
      description: "`nextCursor` of the page before",
      examples: ["MDE5MDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx"],
    }),
});
export type CorrectionsQuery = z.infer<typeof CorrectionsQuery>;

/** A track that a person has corrected. */
export const CorrectedTrack = z
  .object({
    id: TrackId,
    url: z.string().describe("where all of it is"),
    title: z.string().nullable().describe("as it was submitted"),
    fileName: z.string().nullable().describe("as the client named the file"),
    corrections: z.record(Name, StandingCorrection).describe("those that stand, by kind"),
  })
  .meta({ id: "CorrectedTrack" });
export type CorrectedTrack = z.infer<typeof CorrectedTrack>;

/** What `GET /v1/corrections` answers. */
export const CorrectedTracks = z
  .object({
    tracks: z
      .array(CorrectedTrack)
      .describe(
        "the oldest first; where only those that disagree are asked for, a page may have few, or none, and others follow",
      ),
    nextCursor: z.string().nullable().describe("for the next page; null on the last one"),
  })
  .meta({ id: "CorrectedTracks" });
export type CorrectedTracks = z.infer<typeof CorrectedTracks>;
