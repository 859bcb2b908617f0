import { z } from "zod";
import { boundedArray } from "./bounded-array.ts";
import { Name } from "./ids.ts";
import { RequestBlock } from "./request.ts";

/** Up the chain and back, with room. */
const maxWaiting = 100;

/** Pieces in a row, `to` excluded. */
export const Pieces = z.object({ from: z.int().nonnegative(), to: z.int().positive() });
export type Pieces = z.infer<typeof Pieces>;

/**
 * Tasks are commands to one service about one of its steps, for one request. They travel on the service's own topic:
 * nobody else hears of them.
 */
const base = {
  v: z.literal(1),
  step: Name,
  request: RequestBlock,
  /** Steps that wait for this one's artifact, the next first: it is told by a task when the artifact is there. */
  waiting: boundedArray(Name, maxWaiting).default([]),
  /** Of the last that waits, where it is one share of its pieces that needs it: it is told by a task for that share. */
  share: Pieces.optional(),
  /** How often this request has gone up the chain for something that had expired since its work last came further, so that it cannot go round for ever. */
  hops: z.int().nonnegative().default(0),
};

/** Make your artifact; have made first what is missing for it. */
export const Run = z.object({ ...base, type: z.literal("Run") });
export type Run = z.infer<typeof Run>;

/** Go on with a long run from its checkpoint. */
export const Continue = z.object({ ...base, type: z.literal("Continue"), checkpoint: z.int().positive() });
export type Continue = z.infer<typeof Continue>;

/** Make a share of the pieces that a run falls into, `to` excluded. */
export const Piece = z.object({ ...base, ...Pieces.shape, type: z.literal("Piece") });
export type Piece = z.infer<typeof Piece>;

/** All pieces are made: join them. */
export const Join = z.object({ ...base, type: z.literal("Join") });
export type Join = z.infer<typeof Join>;

/** Your artifact's payload has expired: make it again, for those that wait. */
export const Rebuild = z.object({ ...base, type: z.literal("Rebuild") });
export type Rebuild = z.infer<typeof Rebuild>;

/** Say that you are there. The request's id is the ping's; nothing is computed. */
export const Ping = z.object({ ...base, type: z.literal("Ping") });
export type Ping = z.infer<typeof Ping>;

export const Task = z.discriminatedUnion("type", [Run, Continue, Piece, Join, Rebuild, Ping]);
export type Task = z.infer<typeof Task>;
