import { z } from "zod";
import { boundedArray } from "./bounded-array.ts";
import { Instant, Name, Sha256, TrackId } from "./ids.ts";
import { openEnum } from "./open-enum.ts";

/** A takedown's id: like a track's, a UUID of version 7. */
export const TakedownId = TrackId;

/** Tracks or masters that one takedown may name. */
export const mostTakenDown = 1_000;

/** Why somebody asked: an owner deletes a track, or cancels one of which nothing has begun; an operator takes masters down, whoever has tracks of them. */
export const takedownCauses = ["delete", "cancel", "takedown"] as const;

/** What becomes of a master that was taken down and comes again: it is refused, or taken in as any other. */
export const takedownPolicies = ["refuse", "new"] as const;
export type TakedownPolicy = (typeof takedownPolicies)[number];

/** Somebody wants tracks, or all tracks of masters, gone with all that was derived from them. Published on the `tracks` topic, and kept as an object, create-only. */
export const TakedownRequested = z.object({
  v: z.literal(1),
  type: z.literal("TakedownRequested"),
  takedownId: TakedownId,
  cause: openEnum(takedownCauses),
  /** Of whoever asked. */
  owner: Name,
  /** The key that it came with. */
  requestedBy: z.string(),
  reason: z.string().nullable(),
  tracks: boundedArray(TrackId, mostTakenDown),
  masters: boundedArray(Sha256, mostTakenDown),
  again: openEnum(takedownPolicies),
  requestedAt: Instant,
});
export type TakedownRequested = z.infer<typeof TakedownRequested>;

/**
 * How far a takedown is: `asked`: nobody has begun; `removing`: its tracks are held against; `removed`: a sweep has found nothing any more; `final`: nothing can come any
 * more that was under way; `declined`: a cancellation came too late.
 */
export const takedownStates = ["asked", "removing", "removed", "final", "declined"] as const;

/** What a receipt is of: that nothing is left, and that nothing can come any more. */
export const receiptStages = ["removed", "final"] as const;
export type ReceiptStage = (typeof receiptStages)[number];

/** What a receipt says. It is signed as text: byte by byte. */
export const TakedownStatement = z.object({
  v: z.literal(1),
  takedownId: TakedownId,
  cause: openEnum(takedownCauses),
  tracks: z.array(TrackId).describe("ids of an owner's tracks; of an operator's takedown none are told"),
  masters: z.array(Sha256).describe("of an operator's takedown"),
  again: openEnum(takedownPolicies).describe("what becomes of such a master when it comes again"),
  requestedAt: Instant,
  stage: openEnum(receiptStages),
  provedAt: Instant.describe("when the sweep ended that found nothing"),
  sweeps: z.int().positive().describe("how often everything was gone through"),
  removed: z
    .object({ tracks: z.int(), objects: z.int(), rows: z.int() })
    .nullable()
    .describe(
      "what was removed in all of them; null in an owner's receipt: masters and results may be shared",
    ),
  cameAgain: z
    .int()
    .nullable()
    .describe(
      "masters that have come again and were taken in as new: what is derived from these is theirs; null in an owner's receipt",
    ),
  lastHeardAt: Instant.nullable().describe(
    "when a message about them last came, which was dropped; null: none has",
  ),
  messagesUntil: Instant.describe(
    "until then the queue may have kept a message about them; what comes is dropped, and what it has left is removed",
  ),
  says: z.string().describe("the same in words"),
});
export type TakedownStatement = z.infer<typeof TakedownStatement>;

/** A receipt, signed with Ed25519. */
export const SignedReceipt = z
  .object({
    v: z.literal(1).describe("the form of the receipt"),
    type: z.literal("TakedownReceipt").describe("what it is"),
    statement: z.string().describe("JSON, as it was signed"),
    algorithm: z.literal("Ed25519").describe("that it was signed by"),
    keyId: z.string().describe("the first 16 hex digits of the SHA-256 of the public key"),
    publicKey: z
      .string()
      .describe(
        "base64 of its SubjectPublicKeyInfo. It proves nothing by itself: compare it with one that you trust",
      ),
    signature: z.string().describe("base64, of the statement's bytes in UTF-8"),
  })
  .meta({ id: "SignedReceipt" });
export type SignedReceipt = z.infer<typeof SignedReceipt>;

/** That a receipt was given, or that a cancellation came too late. Kept as an object, so that it outlives the catalog's database. */
export const TakedownEnded = z.object({
  v: z.literal(1),
  type: z.literal("TakedownEnded"),
  takedownId: TakedownId,
  stage: openEnum([...receiptStages, "declined"]),
  receipt: SignedReceipt.nullable(),
  at: Instant,
});
export type TakedownEnded = z.infer<typeof TakedownEnded>;
