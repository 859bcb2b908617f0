export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface SubmitOptions extends CallOptions {
  /** The same for every attempt at one request: an answer that was lost makes nothing twice. */
  readonly idempotencyKey?: string | undefined;
}
