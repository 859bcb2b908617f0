import { z } from "zod";
import { logLevels } from "./severity.ts";

/** A variable that is a whole number. */
export const wholeNumber = z.coerce
  .number({
    error(issue: z.core.$ZodRawIssue) {
      const what = "expected a whole number";
      if (issue.code === "too_small") return `${what}, ${issue.minimum} or more`;
      return issue.code === "too_big" ? `${what}, ${issue.maximum} at most` : what;
    },
  })
  .int("expected a whole number");

/** A variable that is a list, separated by commas. */
export const commaList = z.string().transform((text) =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean),
);

/** Variables that several processes read, each in one form. */
export const sharedVariables = {
  apiPort: wholeNumber
    .min(0)
    .max(65_535)
    .default(8_080)
    .describe(
      "Port at which the API listens; 0 takes any. On one machine `--port` goes before it, and another one is taken if it is in use",
    ),
  databaseUrl: z
    .string({ error: "expected a postgres:// URL" })
    .regex(/^postgres(ql)?:\/\//, "expected a postgres:// URL")
    .meta({
      description:
        "The catalog's Postgres. With `login=google` and `sslca=` (the server's authority, PEM in base64url) in it a process logs in as its account at Google, without a password",
      secret: true,
    }),
  dataDir: z
    .string({ error: "expected a folder" })
    .min(1)
    .describe("Folder that holds a local fleet's whole state"),
  drainMs: wholeNumber
    .min(100)
    .max(600_000)
    .default(12_000)
    .describe("From SIGTERM to exit, in ms. Preemptible nodes leave ordinary pods 15 s"),
  fetchesAtOnce: wholeNumber
    .min(1)
    .max(1_000)
    .default(16)
    .describe(
      "Sources that one instance of `fetch` fetches at once. Each holds about 1 MiB of memory and two connections. The catalog reckons with it how many instances there should be",
    ),
  fetchesPerHost: wholeNumber
    .min(1)
    .default(8)
    .describe("Of these, how many from one host, or one bucket. The catalog reckons with it, too"),
  fleetId: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Names the fleet: `/healthz` of the API answers it, and commands that were given `SEGUE_API` refuse another one. " +
        "`segue up` prints it",
    ),
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, "expected up to 31 lower-case letters, digits and hyphens")
    .describe("Leads the names of topics and subscriptions: two fleets in one project have two"),
  worker: z
    .string()
    .optional()
    .describe("Names this process in records and logs; `<host name>:<process id>` when not set"),
  logLevel: z
    .enum([...logLevels, "silent"])
    .default("info")
    .describe("What is logged, as JSON lines on standard error"),
};
