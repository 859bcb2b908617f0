import { z } from "zod";
import { Instant, Sha256, TrackId } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import {
  mostTakenDown,
  SignedReceipt,
  TakedownId,
  takedownCauses,
  takedownPolicies,
  takedownStates,
} from "../takedown.ts";

const reason = z
  .string()
  .min(1)
  .max(500)
  .optional()
  .describe("for people: it is kept, and shown to whoever may read the takedown");

/** What `POST /v1/takedowns` takes. */
export const TakedownRequest = z
  .strictObject({
    masters: z
      .array(Sha256)
      .min(1)
      .max(mostTakenDown)
      .describe("all tracks of these go, whoever's they are, with all that was derived from them"),
    again: z
      .enum(takedownPolicies)
      .default("refuse")
      .describe(
        "`refuse`: such a master is refused from now on; `new`: it is taken in as any other when it comes again",
      ),
    reason,
  })
  .meta({
    id: "TakedownRequest",
    examples: [
      {
        masters: ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
        again: "refuse",
        reason: "notice 4711",
      },
    ],
  });
export type TakedownRequest = z.input<typeof TakedownRequest>;

/** What asking for a takedown answers. */
export const TakedownReceiptLink = z
  .object({ id: TakedownId, url: z.string().describe("of the takedown: how far it is, and its receipts") })
  .meta({ id: "TakedownLink" });
export type TakedownReceiptLink = z.infer<typeof TakedownReceiptLink>;

export const TakedownResource = z
  .object({
    id: TakedownId,
    url: z.string().describe("of the takedown"),
    cause: openEnum(takedownCauses).describe(
      "delete: an owner deleted a track; cancel: one of which nothing had begun; takedown: an operator took masters down",
    ),
    state: openEnum(takedownStates).describe(
      "asked, removing, removed (nothing is left), final (nothing can come any more), declined (a cancellation that came too late)",
    ),
    tracks: z.array(TrackId).describe("those that it named; none where it named masters"),
    masters: z.array(Sha256).describe("of an operator's takedown; none of an owner's"),
    again: openEnum(takedownPolicies).describe("what becomes of such a master when it comes again"),
    reason: z.string().nullable().describe("as it was given; null: none was"),
    requestedAt: Instant,
    removedAt: Instant.nullable().describe("when a sweep first found nothing any more; null until then"),
    finalAt: Instant.nullable().describe("when nothing could come any more; null until then"),
    receipts: z
      .array(SignedReceipt)
      .describe("one for each of these two; none where the fleet has no key to sign with"),
  })
  .meta({ id: "Takedown" });
export type TakedownResource = z.infer<typeof TakedownResource>;

export const TakedownQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("takedowns on a page"),
  cursor: z
    .string()
    .max(100)
    .optional()
    .meta({
      description: "`nextCursor` of the page before",
      examples: ["MDE5MDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx"],
    }),
});
export type TakedownQuery = z.input<typeof TakedownQuery>;

export const TakedownPage = z
  .object({
    takedowns: z.array(TakedownResource).describe("newest first"),
    nextCursor: z.string().nullable().describe("of the page behind it; null: there is none"),
  })
  .meta({ id: "TakedownPage" });
export type TakedownPage = z.infer<typeof TakedownPage>;

/** What `GET /v1/takedowns/keys` answers. */
export const ReceiptKeys = z
  .object({
    keys: z
      .array(
        z.object({
          keyId: z.string().describe("as receipts name it"),
          algorithm: z.literal("Ed25519").describe("that it is for"),
          publicKey: z.string().describe("base64 of its SubjectPublicKeyInfo"),
          firstUsedAt: Instant,
        }),
      )
      .describe("all that receipts were signed with, the latest first"),
  })
  .meta({ id: "ReceiptKeys" });
export type ReceiptKeys = z.infer<typeof ReceiptKeys>;

/** What `POST /v1/tracks/:id/cancel` answers: nothing had begun, as far as is known. What had is refused as `already-started`. */
export const CancelAnswer = z
  .object({
    id: TrackId,
    takedown: TakedownReceiptLink.describe(
      "the track goes, as if it were deleted, unless a step turns out to have begun: then it is `declined`",
    ),
  })
  .meta({ id: "CancelAnswer" });
export type CancelAnswer = z.infer<typeof CancelAnswer>;
