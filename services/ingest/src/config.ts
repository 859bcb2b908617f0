import { intakeVariables, type Pace, readPace } from "@segue/intake";
import { isLoopbackName } from "@segue/loopback-guard";
import { commaList, readEnv, sharedVariables, wholeNumber } from "@segue/telemetry";
import { z } from "zod";
import { type AddressRange, parseAddressRange } from "./client-of.ts";
import { digestOf } from "./keys/key-text.ts";

const hostNames = commaList.pipe(
  z.array(
    z.string().regex(/^(\[[0-9a-f:.]+\]|[^\s:/@]+)$/i, "expected names without ports, separated by commas"),
  ),
);

const isOrigin = (text: string) =>
  URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text;
const origins = commaList.refine(
  (texts) => texts.every(isOrigin),
  "expected origins as browsers say them, such as https://console.example, separated by commas",
);

const addressRanges = commaList.transform((texts, context) => {
  const ranges = texts.map(parseAddressRange);
  const known = ranges.filter((range) => range !== undefined);
  if (known.length < ranges.length)
    context.addIssue("expected addresses and ranges, such as 10.0.0.0/8, separated by commas");
  return known;
});

export const environment = z
  .object({
    DATABASE_URL: sharedVariables.databaseUrl,
    SEGUE_API_HOST: z
      .string()
      .default("127.0.0.1")
      .describe(
        "Address at which the API listens; that of a fleet on one machine is on loopback, whatever this says",
      ),
    SEGUE_API_PORT: sharedVariables.apiPort,
    SEGUE_API_URL: z
      .url({ error: "expected a URL", protocol: /^https?$/ })
      .optional()
      .describe("How clients reach the API, for the links in its answers; as each request says when not set"),
    SEGUE_API_HOSTS: hostNames
      .default([])
      .describe(
        "Names, beside localhost and that of SEGUE_API_URL, under which clients may ask for the API (the Host header), " +
          "separated by commas. An API that is bound to loopback answers to no other; one that is bound to more answers to " +
          "any name until some are given here",
      ),
    SEGUE_API_ORIGINS: origins
      .default([])
      .describe(
        "Origins of web pages that may use the API from a browser, beside its own, such as https://console.example, separated by commas: they are " +
          "let in, and told so (CORS). A page needs a key like anybody else, where there are keys",
      ),
    SEGUE_API_PROXIES: addressRanges
      .default([])
      .describe(
        "Addresses and ranges, such as 10.0.0.0/8, of the proxies and load balancers before the API, separated by commas: of a request that comes " +
          "from one of them the client is whom X-Forwarded-For names. For the share of SEGUE_STREAMS_AT_ONCE that an address has",
      ),
    SEGUE_FLEET_ID: sharedVariables.fleetId,
    ...intakeVariables,
    SEGUE_UPLOADS_AT_ONCE: wholeNumber
      .min(1)
      .default(100)
      .describe(
        "Submissions that one instance of the API takes in at once; more are refused with 429; where there are keys, more than three " +
          "quarters of them from one owner, too. An upload holds about 1 MiB of memory and two connections. How many tracks wait for their steps is not limited: the queue holds them",
      ),
    SEGUE_API_LAME_DUCK_MS: wholeNumber
      .min(0)
      .max(60_000)
      .default(0)
      .describe(
        "How long the API goes on taking requests after SIGTERM, in ms, of the drain's time: until whoever sends them has heard that it is not ready. In a cluster the chart says so",
      ),
    SEGUE_STREAMS_AT_ONCE: wholeNumber
      .min(1)
      .default(1_000)
      .describe(
        "Requests that wait for something to happen (`wait`, server-sent events) which one instance of the API holds open; more are refused " +
          "with 429. Each holds a connection and some 20 kB. One address has a quarter of them at most (of IPv6 the first 64 bits count); programs " +
          "on the same machine, all. One owner has three quarters",
      ),
    SEGUE_API_KEYS: z
      .enum(["off", "required"], { error: "expected off or required" })
      .optional()
      .describe(
        "Whether requests need a key (`segue keys`): `required`, or `off`, where whoever reaches the API may do everything. When not set, `off` on loopback and " +
          "`required` beyond it, or where SEGUE_API_URL is beyond it: behind a proxy on the same machine",
      ),
    SEGUE_ADMIN_KEY: z
      .string()
      .regex(/^[\x21-\x7e]{32,200}$/, "expected 32 to 200 printable characters, without spaces")
      .optional()
      .meta({
        description:
          "A key that may do everything, of the default owner: the one that the first keys are made with, and that is left when the database has lost them. Random; " +
          "it is not kept anywhere else",
        secret: true,
      }),
    SEGUE_AUDIT_KEEP_DAYS: wholeNumber
      .min(1)
      .max(36_500)
      .default(400)
      .describe("How long it is kept which key has written what (`/v1/audit`), in days"),
    SEGUE_DRAIN_MS: sharedVariables.drainMs,
  })
  .describe("ingest");

export interface IngestConfig {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** How clients reach the API, without a slash at the end; as each request says when undefined. */
  readonly publicUrl: string | undefined;
  /** What clients call the API beside localhost, without ports; undefined where any name will do. */
  readonly hostNames: readonly string[] | undefined;
  /** Of web pages that may use the API, beside its own. */
  readonly pageOrigins: readonly string[];
  readonly pace: Pace;
  /** Memory for masters on their way in. */
  readonly spoolBytes: number;
  /** Whether https:// sources may be on private networks: for tests and for a machine of one's own. */
  readonly allowPrivateSources: boolean;
  /** Buckets that `gs://` sources may name; any but the fleet's own when undefined. */
  readonly sourceBuckets: readonly string[] | undefined;
  /** Masters that are taken in at once. */
  readonly maxUploads: number;
  /** How long requests are taken after SIGTERM, in ms, of the drain's time. */
  readonly lameDuckMs: number;
  /** Requests that are held open until something happens. */
  readonly maxStreams: number;
  /** What stands between clients and the API, and is believed who they are. */
  readonly proxies: readonly AddressRange[];
  /** Whether requests need a key. */
  readonly apiKeys: "off" | "required";
  /** SHA-256 of the environment's own key; undefined: there is none. */
  readonly adminKeyDigest: Buffer | undefined;
  /** How long it is kept who wrote what. */
  readonly auditKeepDays: number;
  readonly drainMs: number;
  /** The fleet's own name, if it was given one. */
  readonly fleetId: string | undefined;
}

/** @throws {ConfigError} naming each variable that is wrong. */
export function readIngestConfig(env: NodeJS.ProcessEnv): IngestConfig {
  const parsed = readEnv(environment, env);
  return Object.freeze({
    databaseUrl: parsed.DATABASE_URL,
    host: parsed.SEGUE_API_HOST,
    port: parsed.SEGUE_API_PORT,
    publicUrl: parsed.SEGUE_API_URL?.replace(/\/+$/, ""),
    hostNames: hostNamesOf(parsed),
    pageOrigins: parsed.SEGUE_API_ORIGINS,
    pace: readPace(parsed),
    spoolBytes: parsed.SEGUE_UPLOAD_SPOOL_BYTES,
    allowPrivateSources: parsed.SEGUE_ALLOW_PRIVATE_SOURCES,
    sourceBuckets: parsed.SEGUE_SOURCE_BUCKETS,
    maxUploads: parsed.SEGUE_UPLOADS_AT_ONCE,
    lameDuckMs: parsed.SEGUE_API_LAME_DUCK_MS,
    maxStreams: parsed.SEGUE_STREAMS_AT_ONCE,
    proxies: parsed.SEGUE_API_PROXIES,
    apiKeys: parsed.SEGUE_API_KEYS ?? (isOfThisMachine(parsed) ? "off" : "required"),
    adminKeyDigest: parsed.SEGUE_ADMIN_KEY === undefined ? undefined : digestOf(parsed.SEGUE_ADMIN_KEY),
    auditKeepDays: parsed.SEGUE_AUDIT_KEEP_DAYS,
    drainMs: parsed.SEGUE_DRAIN_MS,
    fleetId: parsed.SEGUE_FLEET_ID,
  });
}

/** Beyond loopback the public URL alone must not shut the network's own names for the API out. */
function hostNamesOf(parsed: z.output<typeof environment>): readonly string[] | undefined {
  const { SEGUE_API_HOST: boundTo, SEGUE_API_HOSTS: names, SEGUE_API_URL: url } = parsed;
  if (!isLoopbackName(boundTo) && names.length === 0) return undefined;
  return Object.freeze(url === undefined ? names : [...names, new URL(url).hostname]);
}

/** Whether nobody else reaches it, as far as its settings tell: a proxy on the same machine may bring in anybody. */
function isOfThisMachine({
  SEGUE_API_HOST: boundTo,
  SEGUE_API_URL: url,
}: {
  readonly SEGUE_API_HOST: string;
  readonly SEGUE_API_URL?: string | undefined;
}): boolean {
  return isLoopbackName(boundTo) && (url === undefined || isLoopbackName(new URL(url).hostname));
}
