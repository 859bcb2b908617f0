import { hostname } from "node:os";
import { egressProxy, intakeVariables, type Pace, readPace } from "@segue/intake";
import { readEnv, sharedVariables, wholeNumber } from "@segue/telemetry";
import { z } from "zod";

export const environment = z
  .object({
    ...intakeVariables,
    SEGUE_EGRESS_PROXY: egressProxy,
    SEGUE_SOURCE_TIMEOUT_MS: wholeNumber
      .min(10)
      .default(600_000)
      .describe("How long fetching a source may take altogether, in ms"),
    SEGUE_FETCHES_AT_ONCE: sharedVariables.fetchesAtOnce,
    SEGUE_FETCHES_PER_HOST: sharedVariables.fetchesPerHost,
    SEGUE_FETCH_TRIES: wholeNumber
      .min(1)
      .default(20)
      .describe(
        "Attempts after which a source that does not answer is given up. Pauses between them grow to a quarter of an hour: 20 are over four hours",
      ),
    SEGUE_WORKER: sharedVariables.worker,
    SEGUE_DRAIN_MS: sharedVariables.drainMs,
  })
  .describe("fetch");

export interface FetchConfig {
  readonly pace: Pace;
  /** Memory for masters on their way in. */
  readonly spoolBytes: number;
  /** How long fetching a source may take altogether, in ms. */
  readonly sourceTimeoutMs: number;
  /** Whether https:// sources may be on private networks: for tests and for a machine of one's own. */
  readonly allowPrivateSources: boolean;
  /** Buckets that `gs://` sources may name; any but the fleet's own when undefined. */
  readonly sourceBuckets: readonly string[] | undefined;
  /** Through which `https://` sources are fetched; directly when undefined. */
  readonly proxy: string | undefined;
  /** Sources that are fetched at once; of these, from one host. */
  readonly atOnce: number;
  readonly perHost: number;
  /** Attempts after which a source that does not answer is given up. */
  readonly maxTries: number;
  readonly drainMs: number;
  /** Names this process in records and logs. */
  readonly worker: string;
}

/**
 * Sources that one process fetches at once where all are of one host: which hosts sources are of, nobody knows who only counts them.
 *
 * @throws {ConfigError} naming each variable that is wrong.
 */
export function readFetchSlots(env: NodeJS.ProcessEnv): number {
  const { SEGUE_FETCHES_AT_ONCE, SEGUE_FETCHES_PER_HOST } = readEnv(
    environment.pick({ SEGUE_FETCHES_AT_ONCE: true, SEGUE_FETCHES_PER_HOST: true }),
    env,
  );
  return Math.min(SEGUE_FETCHES_AT_ONCE, SEGUE_FETCHES_PER_HOST);
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readFetchConfig(env: NodeJS.ProcessEnv): FetchConfig {
  const parsed = readEnv(environment, env);
  return Object.freeze({
    pace: readPace(parsed),
    spoolBytes: parsed.SEGUE_UPLOAD_SPOOL_BYTES,
    sourceTimeoutMs: parsed.SEGUE_SOURCE_TIMEOUT_MS,
    allowPrivateSources: parsed.SEGUE_ALLOW_PRIVATE_SOURCES,
    sourceBuckets: parsed.SEGUE_SOURCE_BUCKETS,
    proxy: parsed.SEGUE_EGRESS_PROXY,
    atOnce: parsed.SEGUE_FETCHES_AT_ONCE,
    perHost: parsed.SEGUE_FETCHES_PER_HOST,
    maxTries: parsed.SEGUE_FETCH_TRIES,
    drainMs: parsed.SEGUE_DRAIN_MS,
    worker: parsed.SEGUE_WORKER ?? `${hostname()}:${process.pid}`,
  });
}
