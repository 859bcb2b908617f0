import { isNoJson } from "@segue/artifacts";
import {
  BackfillEnded,
  BackfillRequested,
  BackfillSteered,
  Request,
  TakedownRequested,
  TrackAccepted,
} from "@segue/contracts";
import type { ObjectRef, ObjectStore } from "@segue/store";
import { z } from "zod";

/** What the objects are that keep what was asked for. */
const Asked = z.discriminatedUnion("type", [
  TrackAccepted,
  Request,
  BackfillRequested,
  BackfillSteered,
  BackfillEnded,
  TakedownRequested,
]);
export type Asked = z.infer<typeof Asked>;

/** Undefined: it is none of these. */
export function parseAsked(json: unknown): Asked | undefined {
  return Asked.safeParse(json).data;
}

/** What an object holds; undefined where that is no JSON: nobody will ever read it, and it must hold up no other. */
export async function readJsonIfAny(store: ObjectStore, ref: ObjectRef): Promise<unknown> {
  try {
    return await store.readJson(ref);
  } catch (error) {
    if (isNoJson(error)) return undefined;
    throw error;
  }
}
