import { availableParallelism, hostname, tmpdir } from "node:os";
import { type Accelerator, accelerators } from "@segue/contracts";
import { readEnv } from "@segue/telemetry";
import { z } from "zod";

const count = (minimum: number) =>
  z.coerce.number({ error: "expected a whole number" }).int("expected a whole number").min(minimum);

const schema = z.object({
  GOOGLE_CLOUD_PROJECT: z.string().default("segue-local"),
  SEGUE_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, "expected up to 31 lower-case letters, digits and hyphens")
    .default("segue"),
  /** Where Cloud Storage's JSON API is; Google's own when absent. */
  SEGUE_GCS_ENDPOINT: z.url({ error: "expected a URL" }).optional(),
  SEGUE_CONCURRENCY: count(1)
    .max(availableParallelism() * 4)
    .default(1),
  SEGUE_ACCELERATOR: z.enum(accelerators).optional(),
  SEGUE_CPU_SLOTS_SOCKET: z.string().optional(),
  SEGUE_CHAIN_POLL_MS: count(50).default(5_000),
  SEGUE_DRAIN_MS: count(100).max(600_000).default(12_000),
  SEGUE_MAX_FAILURES: count(1).max(19).default(5),
  SEGUE_SCRATCH_DIR: z.string().default(tmpdir()),
  SEGUE_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  SEGUE_HEALTH_HOST: z.string().default("127.0.0.1"),
  SEGUE_HEALTH_PORT: count(0).max(65_535).default(0),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ error: "expected a URL" }).optional(),
  SEGUE_WORKER: z.string().default(`${hostname()}:${process.pid}`),
});

/** What every service process is told by its environment. */
export interface RunnerConfig {
  readonly projectId: string;
  /** Leads the names of topics, subscriptions and buckets. */
  readonly prefix: string;
  readonly gcsEndpoint: string | undefined;
  /** Attempts that run at once, per step: a thread each. */
  readonly concurrency: number;
  /** What this machine has for steps that ask for one; their attempts share it. */
  readonly accelerator: Accelerator | undefined;
  /** Where the workers of one machine get leave to compute; absent where each has its CPUs to itself. */
  readonly cpuSlotsSocket: string | undefined;
  /** How often servers look for steps that workers have registered, in ms. */
  readonly chainPollMs: number;
  /** From SIGTERM to exit, in ms. Preemptible nodes leave ordinary pods 15 s. */
  readonly drainMs: number;
  /** Failed attempts of one message after which it is dead-lettered. */
  readonly maxFailures: number;
  readonly scratchDir: string;
  readonly logLevel: string;
  readonly healthHost: string;
  readonly healthPort: number;
  /** An OpenTelemetry collector for spans; without one there are none. */
  readonly otlpEndpoint: string | undefined;
  /** Names this process in records and logs. */
  readonly worker: string;
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readRunnerConfig(env: NodeJS.ProcessEnv): RunnerConfig {
  const parsed = readEnv(schema, env);
  return Object.freeze({
    projectId: parsed.GOOGLE_CLOUD_PROJECT,
    prefix: parsed.SEGUE_PREFIX,
    gcsEndpoint: parsed.SEGUE_GCS_ENDPOINT,
    concurrency: parsed.SEGUE_CONCURRENCY,
    accelerator: parsed.SEGUE_ACCELERATOR,
    cpuSlotsSocket: parsed.SEGUE_CPU_SLOTS_SOCKET,
    chainPollMs: parsed.SEGUE_CHAIN_POLL_MS,
    drainMs: parsed.SEGUE_DRAIN_MS,
    maxFailures: parsed.SEGUE_MAX_FAILURES,
    scratchDir: parsed.SEGUE_SCRATCH_DIR,
    logLevel: parsed.SEGUE_LOG_LEVEL,
    healthHost: parsed.SEGUE_HEALTH_HOST,
    healthPort: parsed.SEGUE_HEALTH_PORT,
    otlpEndpoint: parsed.OTEL_EXPORTER_OTLP_ENDPOINT,
    worker: parsed.SEGUE_WORKER,
  });
}
