import { TrackId } from "@segue/contracts";
import { ProblemError } from "./problem-error.ts";

/** Where the next page begins, as text that says nothing to clients. */
export function encodeCursor(lastId: string): string {
  return Buffer.from(lastId).toString("base64url");
}

/** @throws {ProblemError} `invalid-request`. */
export function decodeCursor(cursor: string): string {
  const parsed = TrackId.safeParse(Buffer.from(cursor, "base64url").toString());
  if (!parsed.success || encodeCursor(parsed.data) !== cursor)
    throw new ProblemError("invalid-request", "cursor: expected a nextCursor of this API");
  return parsed.data;
}
