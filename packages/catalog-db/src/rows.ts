import type { Attempt, Failure, PayloadRef, Tools, UnderlyingError } from "@segue/contracts";

/*
 * Rows of what is packed when a track comes to rest, as the tables have them, and as they are in JSON.
 */

export interface RequestRow {
  readonly track_id: string;
  readonly request_id: string;
  readonly cause: string;
  readonly owner: string;
  readonly targets: readonly string[];
  readonly wants: readonly string[];
  readonly force: readonly string[];
  readonly versions: Readonly<Record<string, number>>;
  readonly priority: string;
  readonly backfill_id: string | null;
  /** Of a replay, kind to planned address. */
  readonly addresses: Readonly<Record<string, string>> | null;
  readonly requested_at: string;
}

export interface AttemptRow {
  readonly track_id: string;
  /** That it was made for; null where that is not known. */
  readonly request_id: string | null;
  readonly step: string;
  readonly address: string;
  readonly started_at: string;
  readonly worker: string;
  readonly version: number;
  readonly kind: string;
  /** Of a step with several outputs, kind to address of each; null: it makes one artifact. */
  readonly outputs: Readonly<Record<string, string>> | null;
  readonly status: "succeeded" | "failed";
  /** `computed`, `skipped`, or what a younger release says; null: the queue gave up on it. */
  readonly how: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  /** What the failure says of itself beside its code and message: family, meaning, remedy. */
  readonly error_words: Pick<Failure, "family" | "meaning" | "remedy"> | null;
  readonly finished_at: string;
  readonly duration_ms: number;
  readonly cpu_ms: number | null;
  readonly gpu_ms: number | null;
  readonly earlier: Attempt["earlier"] | null;
  readonly delivery_attempt: number;
  /** Null: none, or nobody said. */
  readonly tools: Tools | null;
  /** Of a step that was given up: its last error, and how many attempts had one. */
  readonly underlying: (UnderlyingError & { readonly attempts?: number | undefined }) | null;
}

export interface ArtifactRow {
  readonly address: string;
  readonly kind: string;
  readonly step: string;
  readonly version: number;
  readonly master: string;
  readonly facts: unknown;
  readonly payload: PayloadRef | null;
  readonly seen_at: string;
  /** The step has failed here for good: no facts, no payload. */
  readonly failed: boolean;
}

/** One that is kept. */
export interface KeptArtifact extends ArtifactRow {
  /** Null: the chain of whoever wrote it did not know what makes it. */
  readonly recipe: string | null;
}
