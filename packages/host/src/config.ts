import { availableParallelism, hostname, tmpdir } from "node:os";
import { bucketPrefixOf, localNaming, maxBucketPrefixLength } from "@segue/chain";
import { type Accelerator, accelerators } from "@segue/contracts";
import {
  ConfigError,
  parseAttributes,
  readEnv,
  type Sampling,
  samplers,
  sharedVariables,
  wholeNumber,
} from "@segue/telemetry";
import { z } from "zod";

const count = (minimum: number) => wholeNumber.min(minimum);

export const environment = z
  .object({
    GOOGLE_CLOUD_PROJECT: z
      .string()
      .default(localNaming.projectId)
      .describe("The project of topics, subscriptions and buckets"),
    PUBSUB_EMULATOR_HOST: z
      .string()
      .optional()
      .describe(
        "`host:port` of a Pub/Sub that is not Google's: the local cloud's, or an emulator. Google's client reads it",
      ),
    GOOGLE_APPLICATION_CREDENTIALS: z
      .string()
      .optional()
      .describe(
        "File with a service account's key, where the machine has no account of its own. Google's clients read it",
      ),
    SEGUE_PREFIX: sharedVariables.prefix.default(localNaming.prefix),
    SEGUE_NEWS_PROJECT: z
      .string()
      .regex(/^[a-z][a-z0-9-]*[a-z0-9]$/, "expected a project's id")
      .optional()
      .describe(
        "The project in which servers make subscriptions for themselves; best one where nothing else is, for what they may do there they may do to all that is in it. `GOOGLE_CLOUD_PROJECT` when not set",
      ),
    SEGUE_BUCKET_PREFIX: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, "expected lower-case letters, digits and hyphens")
      .max(maxBucketPrefixLength, `expected ${maxBucketPrefixLength} characters at most`)
      .optional()
      .describe(
        "Leads the names of buckets, which no other project in the world may have; `<project>-<SEGUE_PREFIX>` when not set. All of a fleet, and commands that read its storage, have the same",
      ),
    SEGUE_PLACEMENT: z
      .string()
      .default("default")
      .describe(
        "Which of the placements in `segue.config.ts` says what runs where: all services of a fleet have the same; a fleet without any is not concerned",
      ),
    SEGUE_GCS_ENDPOINT: z
      .url({ error: "expected a URL" })
      .optional()
      .describe("Where Cloud Storage's JSON API is; Google's own when not set"),
    SEGUE_CONCURRENCY: count(1)
      .refine((threads) => threads <= availableParallelism() * 4, "expected four per core at most")
      .optional()
      .describe(
        "Attempts that run at once, per step: a thread each; four per core at most. Of steps that are hosted together and feed each other, so many in all. What the service is defined with when not set: 1, where it says nothing",
      ),
    SEGUE_ACCELERATOR: z
      .enum(accelerators)
      .optional()
      .describe("What this machine has for steps that ask for one; their attempts share it"),
    SEGUE_CPU_SLOTS_SOCKET: z
      .string()
      .optional()
      .describe(
        "Socket at which the workers of one machine get leave to compute; not set where each has its CPUs to itself",
      ),
    SEGUE_CHAIN_POLL_MS: count(50)
      .default(300_000)
      .describe(
        "How often servers look in storage for steps that workers have registered, in ms: messages tell of them, and this finds what was lost of those",
      ),
    SEGUE_DRAIN_MS: sharedVariables.drainMs,
    SEGUE_GROUP_MS: count(1_000)
      .max(600_000)
      .default(8_000)
      .describe(
        "How long steps that are hosted together go on with a track, in ms, before the queue has what is left of it, and storage what that needs. Longer on slow machines costs less, and loses more to a preemption",
      ),
    SEGUE_MAX_FAILURES: count(1)
      .max(19)
      .default(5)
      .describe("Failed attempts of one message after which it is dead-lettered"),
    SEGUE_SCRATCH_DIR: z
      .string()
      .optional()
      .describe("Folder for what attempts write; the system's folder for temporary files when not set"),
    SEGUE_LOG_LEVEL: sharedVariables.logLevel,
    SEGUE_HEALTH_HOST: z
      .string()
      .default("127.0.0.1")
      .describe(
        "Address at which the health server listens; `0.0.0.0` in a container that is probed from outside",
      ),
    SEGUE_HEALTH_PORT: count(0)
      .max(65_535)
      .default(0)
      .describe(
        "Port of `/healthz`, `/readyz` and `/metrics`; 0 takes any free one, which the ready line tells, and is what a fleet on one machine needs",
      ),
    OTEL_EXPORTER_OTLP_ENDPOINT: z
      .url({ error: "expected a URL" })
      .optional()
      .describe("An OpenTelemetry collector for spans (OTLP over HTTP); without one there are none"),
    OTEL_METRICS_EXPORTER: z
      .enum(["none", "otlp"])
      .default("none")
      .describe(
        "Whether metrics are sent to that collector too, at the latest when the process ends; they can be read at `/metrics` in any case",
      ),
    OTEL_METRIC_EXPORT_INTERVAL: count(1_000).default(60_000).describe("How often metrics are sent, in ms"),
    OTEL_TRACES_SAMPLER: z
      .enum(samplers)
      .default("parentbased_always_on")
      .describe(
        "Which traces are kept: with `parentbased_` whoever began one decides, which is the API, or a client with a `traceparent` of its own",
      ),
    OTEL_TRACES_SAMPLER_ARG: z.coerce
      .number({ error: "expected a number from 0 to 1" })
      .min(0, "expected a number from 0 to 1")
      .max(1, "expected a number from 0 to 1")
      .default(1)
      .describe("The share of traces that is kept, for samplers that go by a ratio"),
    OTEL_RESOURCE_ATTRIBUTES: z
      .string()
      .default("")
      .transform((text, context) => {
        try {
          return parseAttributes(text);
        } catch (error) {
          context.addIssue(error instanceof Error ? error.message : String(error));
          return z.NEVER;
        }
      })
      .describe(
        "What spans and pushed metrics say of the process, as in `k8s.pod.name=decode-7d4,service.version=1.2`",
      ),
    SEGUE_WORKER: sharedVariables.worker,
  })
  .describe("every service");

/** What every service process is told by its environment. */
export interface RunnerConfig {
  readonly projectId: string;
  /** Leads the names of topics and subscriptions. */
  readonly prefix: string;
  /** Leads the names of buckets. */
  readonly bucketPrefix: string;
  /** Where servers make subscriptions for themselves; `projectId` when undefined. */
  readonly newsProjectId: string | undefined;
  /** Which of the fleet's placements; by `defaultPlacement` where it has one. */
  readonly placement: string;
  readonly gcsEndpoint: string | undefined;
  /** Attempts that run at once, per step: a thread each; as the service is defined when undefined. */
  readonly concurrency: number | undefined;
  /** What this machine has for steps that ask for one; their attempts share it. */
  readonly accelerator: Accelerator | undefined;
  /** Where the workers of one machine get leave to compute; absent where each has its CPUs to itself. */
  readonly cpuSlotsSocket: string | undefined;
  /** How often servers look in storage for steps that workers have registered, whatever they were told, in ms. */
  readonly chainPollMs: number;
  /** From SIGTERM to exit, in ms. Preemptible nodes leave ordinary pods 15 s. */
  readonly drainMs: number;
  /** How long steps that are hosted together go on with a track, in ms. */
  readonly groupMs: number;
  /** Failed attempts of one message after which it is dead-lettered. */
  readonly maxFailures: number;
  readonly scratchDir: string;
  readonly logLevel: string;
  readonly healthHost: string;
  readonly healthPort: number;
  /** An OpenTelemetry collector for spans; without one there are none. */
  readonly otlpEndpoint: string | undefined;
  readonly sampling: Sampling;
  /** How often metrics are sent to the collector, in ms; null: they are not. */
  readonly pushMetricsMs: number | null;
  /** What spans and pushed metrics say of the process. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Names this process in records and logs. */
  readonly worker: string;
}

/** What OpenTelemetry's variables say is for nobody where there is no collector: clusters set them for whatever runs there. */
function withoutTelemetry(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT) return env;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("OTEL_")));
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readRunnerConfig(env: NodeJS.ProcessEnv): RunnerConfig {
  const parsed = readEnv(environment, withoutTelemetry(env));
  return Object.freeze({
    projectId: parsed.GOOGLE_CLOUD_PROJECT,
    prefix: parsed.SEGUE_PREFIX,
    bucketPrefix: readBucketPrefix(parsed),
    newsProjectId: parsed.SEGUE_NEWS_PROJECT,
    placement: parsed.SEGUE_PLACEMENT,
    gcsEndpoint: parsed.SEGUE_GCS_ENDPOINT,
    concurrency: parsed.SEGUE_CONCURRENCY,
    accelerator: parsed.SEGUE_ACCELERATOR,
    cpuSlotsSocket: parsed.SEGUE_CPU_SLOTS_SOCKET,
    chainPollMs: parsed.SEGUE_CHAIN_POLL_MS,
    drainMs: parsed.SEGUE_DRAIN_MS,
    groupMs: parsed.SEGUE_GROUP_MS,
    maxFailures: parsed.SEGUE_MAX_FAILURES,
    scratchDir: parsed.SEGUE_SCRATCH_DIR ?? tmpdir(),
    logLevel: parsed.SEGUE_LOG_LEVEL,
    healthHost: parsed.SEGUE_HEALTH_HOST,
    healthPort: parsed.SEGUE_HEALTH_PORT,
    otlpEndpoint: parsed.OTEL_EXPORTER_OTLP_ENDPOINT,
    sampling: { sampler: parsed.OTEL_TRACES_SAMPLER, ratio: parsed.OTEL_TRACES_SAMPLER_ARG },
    pushMetricsMs: parsed.OTEL_METRICS_EXPORTER === "otlp" ? parsed.OTEL_METRIC_EXPORT_INTERVAL : null,
    attributes: parsed.OTEL_RESOURCE_ATTRIBUTES,
    worker: parsed.SEGUE_WORKER ?? `${hostname()}:${process.pid}`,
  });
}

/** A name that is too long is told of here, in words: storage would refuse it. */
function readBucketPrefix(parsed: z.output<typeof environment>): string {
  const found = bucketPrefixOf({
    projectId: parsed.GOOGLE_CLOUD_PROJECT,
    prefix: parsed.SEGUE_PREFIX,
    bucketPrefix: parsed.SEGUE_BUCKET_PREFIX,
  });
  if (found.length <= maxBucketPrefixLength) return found;
  throw new ConfigError(
    `SEGUE_BUCKET_PREFIX: expected ${maxBucketPrefixLength} characters at most; it is not set, and project and prefix make ${JSON.stringify(found)}`,
  );
}
