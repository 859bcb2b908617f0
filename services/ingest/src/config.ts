import { isLoopbackName } from "@segue/loopback-guard";
import { readEnv } from "@segue/telemetry";
import { z } from "zod";

const whole = z.coerce.number({ error: "expected a whole number" }).int("expected a whole number");
const flag = z.enum(["0", "1"], { error: "expected 0 or 1" }).transform((text) => text === "1");

const hostNames = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
  )
  .pipe(
    z.array(
      z.string().regex(/^(\[[0-9a-f:.]+\]|[^\s:/@]+)$/i, "expected names without ports, separated by commas"),
    ),
  );

const schema = z.object({
  DATABASE_URL: z
    .string({ error: "expected a postgres:// URL" })
    .regex(/^postgres(ql)?:\/\//, "expected a postgres:// URL"),
  SEGUE_API_HOST: z.string().default("127.0.0.1"),
  SEGUE_API_PORT: whole.min(0).max(65_535).default(8_080),
  SEGUE_API_URL: z.url({ error: "expected a URL", protocol: /^https?$/ }).optional(),
  SEGUE_API_HOSTS: hostNames
    .default([])
    .describe(
      "Names, beside localhost and that of SEGUE_API_URL, under which clients may ask for the API (the Host header), " +
        "separated by commas. An API that is bound to loopback answers to no other; one that is bound to more answers to " +
        "any name until some are given here",
    ),
  SEGUE_MAX_UPLOAD_BYTES: whole.min(1).default(1024 ** 3),
  SEGUE_UPLOAD_IDLE_MS: whole.min(10).max(600_000).default(10_000),
  SEGUE_MIN_UPLOAD_BYTES_PER_SEC: whole.min(0).default(1_024),
  SEGUE_UPLOAD_GRACE_MS: whole.min(0).default(30_000),
  SEGUE_SOURCE_TIMEOUT_MS: whole.min(10).default(600_000),
  SEGUE_ALLOW_PRIVATE_SOURCES: flag.default(false),
  SEGUE_MAX_OPEN_TRACKS: whole.min(1).default(10_000),
  SEGUE_DRAIN_MS: whole.min(100).max(600_000).default(12_000),
});

export interface IngestConfig {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** How clients reach the API, without a slash at the end; as each request says when undefined. */
  readonly publicUrl: string | undefined;
  /** What clients call the API beside localhost, without ports; undefined where any name will do. */
  readonly hostNames: readonly string[] | undefined;
  readonly pace: Pace;
  /** How long fetching a source may take altogether, in ms. */
  readonly sourceTimeoutMs: number;
  /** Whether https:// sources may be on private networks: for tests and for a machine of one's own. */
  readonly allowPrivateSources: boolean;
  /** Tracks that may be under way at once: past it, new ones are refused until some have come to an end. */
  readonly maxOpenTracks: number;
  readonly drainMs: number;
}

/** How large a file may be and how slowly it may come. */
export interface Pace {
  readonly maxBytes: number;
  /** Longest silence, in ms. */
  readonly idleMs: number;
  /** Least average rate, once `graceMs` have passed. */
  readonly minBytesPerSec: number;
  readonly graceMs: number;
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readIngestConfig(env: NodeJS.ProcessEnv): IngestConfig {
  const parsed = readEnv(schema, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    host: parsed.SEGUE_API_HOST,
    port: parsed.SEGUE_API_PORT,
    publicUrl: parsed.SEGUE_API_URL?.replace(/\/+$/, ""),
    hostNames: hostNamesOf(parsed),
    pace: Object.freeze({
      maxBytes: parsed.SEGUE_MAX_UPLOAD_BYTES,
      idleMs: parsed.SEGUE_UPLOAD_IDLE_MS,
      minBytesPerSec: parsed.SEGUE_MIN_UPLOAD_BYTES_PER_SEC,
      graceMs: parsed.SEGUE_UPLOAD_GRACE_MS,
    }),
    sourceTimeoutMs: parsed.SEGUE_SOURCE_TIMEOUT_MS,
    allowPrivateSources: parsed.SEGUE_ALLOW_PRIVATE_SOURCES,
    maxOpenTracks: parsed.SEGUE_MAX_OPEN_TRACKS,
    drainMs: parsed.SEGUE_DRAIN_MS,
  });
}

/** Beyond loopback the public URL alone must not shut the network's own names for the API out. */
function hostNamesOf(parsed: z.output<typeof schema>): readonly string[] | undefined {
  const { SEGUE_API_HOST: boundTo, SEGUE_API_HOSTS: names, SEGUE_API_URL: url } = parsed;
  if (!isLoopbackName(boundTo) && names.length === 0) return undefined;
  return Object.freeze(url === undefined ? names : [...names, new URL(url).hostname]);
}
