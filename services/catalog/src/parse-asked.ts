import { BackfillEnded, BackfillRequested, BackfillSteered, Request, TrackAccepted } from "@segue/contracts";
import { z } from "zod";

/** What the objects are that keep what was asked for. */
const Asked = z.discriminatedUnion("type", [
  TrackAccepted,
  Request,
  BackfillRequested,
  BackfillSteered,
  BackfillEnded,
]);
export type Asked = z.infer<typeof Asked>;

/** Undefined: it is none of these. */
export function parseAsked(json: unknown): Asked | undefined {
  return Asked.safeParse(json).data;
}
