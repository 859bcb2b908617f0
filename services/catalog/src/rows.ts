import type { ArtifactRow, AttemptRow, RequestRow } from "@segue/catalog-db";
import type { BackfillSelection } from "@segue/contracts";

export type { ArtifactRow, AttemptRow, RequestRow };

/*
 * Rows as the tables of @segue/catalog-db have them: they travel to Postgres as JSON and are turned into rows there.
 */

export interface TrackRow {
  readonly id: string;
  /** Null: a fetch will tell. */
  readonly master: string | null;
  readonly size_bytes: number | null;
  readonly file_name: string | null;
  readonly title: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly source: string;
  readonly accepted_at: string;
  readonly owner: string;
}

/** A replay that is looked after until every step has answered it. */
export interface ReplayWatchRow {
  readonly track_id: string;
  readonly request_id: string;
}

export interface JobRow {
  readonly request_id: string;
  readonly track_id: string;
  readonly release_id: string;
  readonly asset_id: string;
  readonly asset_guid: string;
  readonly derivative_assets: readonly string[];
}

/** A family of an outside program that has made results of a version of a step. */
export interface FamilyRow {
  readonly step: string;
  readonly version: number;
  readonly tool: string;
  readonly family: string;
  readonly seen_at: string;
}

/** What an attempt has used: of up to a thousand tracks for each step. */
export interface CostRow {
  readonly step: string;
  readonly slot: number;
  readonly cpu_ms: number | null;
  readonly gpu_ms: number | null;
  readonly at: string;
}

export interface DeadLetterRow {
  readonly subscription: string;
  readonly message_id: string;
  readonly track_id: string | null;
  readonly step: string | null;
  readonly error_code: string;
  readonly error_message: string;
  readonly story: unknown;
  /** As Postgres reads bytes from text: `\x` and hex digits. */
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly at: string;
}

export interface BackfillRow {
  readonly id: string;
  readonly targets: readonly string[];
  readonly force: readonly string[];
  readonly selection: BackfillSelection;
  readonly in_flight: number;
  readonly requested_at: string;
}

export interface SteeringRow {
  readonly id: string;
  readonly state: "running" | "paused" | "cancelled";
  readonly at: string;
}

export interface BackfillEndRow {
  readonly id: string;
  readonly finished_at: string;
  readonly total: number | null;
  readonly complete: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly active_ms: number;
  readonly failures: readonly {
    readonly step: string;
    readonly code: string;
    readonly tracks: number;
    readonly example: string;
  }[];
}

export interface PingAnswerRow {
  readonly ping_id: string;
  readonly step: string;
  readonly version: number;
  readonly worker: string;
  readonly at: string;
}

/** An attempt as it was told of. */
export interface ToldAttemptRow extends AttemptRow {
  /** Its times were moved back to when it was told (see `told-times.ts`): told again, it is the same attempt at another time. */
  readonly wasAhead?: true;
}

/** That somebody wants something gone. */
export interface TakedownRow {
  readonly id: string;
  readonly cause: string;
  readonly owner: string;
  readonly requested_by: string;
  readonly reason: string | null;
  readonly tracks: readonly string[];
  readonly masters: readonly string[];
  readonly again: string;
  readonly requested_at: string;
}

/** What one message, or a batch of them, says. */
export interface Facts {
  readonly tracks: readonly TrackRow[];
  readonly requests: readonly RequestRow[];
  readonly jobs: readonly JobRow[];
  readonly attempts: readonly ToldAttemptRow[];
  readonly artifacts: readonly ArtifactRow[];
  readonly deadLetters: readonly DeadLetterRow[];
  readonly backfills: readonly BackfillRow[];
  readonly steerings: readonly SteeringRow[];
  readonly backfillEnds: readonly BackfillEndRow[];
  readonly replayWatches: readonly ReplayWatchRow[];
  readonly pingAnswers: readonly PingAnswerRow[];
  readonly takedowns: readonly TakedownRow[];
}

export const noFacts: Facts = {
  tracks: [],
  requests: [],
  jobs: [],
  attempts: [],
  artifacts: [],
  deadLetters: [],
  backfills: [],
  steerings: [],
  backfillEnds: [],
  replayWatches: [],
  pingAnswers: [],
  takedowns: [],
};

export function mergeFacts(all: readonly Facts[]): Facts {
  return {
    tracks: all.flatMap((facts) => facts.tracks),
    requests: all.flatMap((facts) => facts.requests),
    jobs: all.flatMap((facts) => facts.jobs),
    attempts: all.flatMap((facts) => facts.attempts),
    artifacts: all.flatMap((facts) => facts.artifacts),
    deadLetters: all.flatMap((facts) => facts.deadLetters),
    backfills: all.flatMap((facts) => facts.backfills),
    steerings: all.flatMap((facts) => facts.steerings),
    backfillEnds: all.flatMap((facts) => facts.backfillEnds),
    replayWatches: all.flatMap((facts) => facts.replayWatches),
    pingAnswers: all.flatMap((facts) => facts.pingAnswers),
    takedowns: all.flatMap((facts) => facts.takedowns),
  };
}
