/**
 * What has happened to a track, out of what was known of it, what has come, and what holds now: as a whole, in the order in which it is told.
 *
 * - What is told of a request or an attempt is told with the transaction that has added it, and so once.
 * - A replay is answered once: its watch goes with the answer. One that was given up has its watch until then.
 * - Of a track that was not known until now nothing was told: what had come before it is told with it.
 */
import type { AttemptRow } from "@segue/catalog-db";
import type { ChangeType } from "@segue/contracts";
import { fullKey } from "../known-track.ts";
import type { KnownAndDerived } from "../pack-at-rest.ts";
import type { ChangeRow } from "./tell-changes.ts";

export function changesOf(track: KnownAndDerived): ChangeRow[] {
  const { news, state } = track;
  const told = (type: ChangeType, beside: Partial<ChangeRow> = {}): ChangeRow => ({
    ...{ track_id: track.id, owner: track.owner, request_id: null, type, state, step: null, code: null },
    ...beside,
  });
  const added = track.requestRows.filter(
    ({ request_id, cause }) => cause !== "submission" && (news.isNew || news.requests.has(request_id)),
  );
  const attempts = track.attempts.filter((row) => news.isNew || news.attempts.has(fullKey(row)));
  const answered = track.replaysOver.filter((id) => news.unanswered.has(id));
  const turn = turnOf(news.stateBefore, state);
  return [
    // A submission's request has its track's id.
    ...(news.isNew ? [told("track.accepted", { request_id: track.id })] : []),
    ...added.map(({ request_id }) => told("request.added", { request_id })),
    ...(turn === "track.reopened" ? [told(turn)] : []),
    ...attempts.map((row) => told(typeOf(row), endOf(row))),
    ...answered.map((request_id) => told("request.answered", { request_id })),
    ...(turn !== undefined && turn !== "track.reopened" ? [told(turn)] : []),
  ];
}

function typeOf({ status }: AttemptRow): ChangeType {
  return status === "succeeded" ? "step.succeeded" : "step.failed";
}

function endOf({ request_id, step, error_code: code }: AttemptRow): Partial<ChangeRow> {
  return { request_id, step, code };
}

const ends: Readonly<Record<string, ChangeType>> = {
  done: "track.done",
  partial: "track.partial",
  failed: "track.failed",
};

/** Undefined: it is where it was, or under way. */
function turnOf(before: string, now: string): ChangeType | undefined {
  if (before === now) return undefined;
  return ends[now] ?? (before in ends ? "track.reopened" : undefined);
}
