import { z } from "zod";

const machineType = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/, "expected a machine type, e2-standard-4 say");
const nodes = z.int("expected a whole number").min(1).max(1_000);
const kubernetesName = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, "expected up to 40 lower-case letters, digits and hyphens");

const Base = z.strictObject({
  machineType: machineType.default("e2-standard-4"),
  maxNodes: nodes.default(6),
});
const SpotCpu = z.strictObject({
  machineType: machineType.default("n2d-standard-8"),
  maxNodes: nodes.default(50),
});
const SpotGpu = z.strictObject({
  machineType: machineType.default("g2-standard-8"),
  accelerator: z
    .string()
    .regex(/^nvidia-[a-z0-9-]+$/, "expected an accelerator's type, nvidia-l4 say")
    .default("nvidia-l4"),
  perNode: z.int().min(1).max(16).default(1),
  maxNodes: nodes.default(4),
  zones: z
    .array(z.string().regex(/^[a-z]+-[a-z]+[0-9]+-[a-z]$/, "expected a zone, europe-west1-b say"))
    .default([])
    .describe("those that have this accelerator; all of the cluster's when none are named"),
});
const Database = z.strictObject({
  tier: z
    .string()
    .regex(/^db-[a-z0-9-]+$/, "expected a tier of Cloud SQL, db-custom-2-7680 say")
    .default("db-custom-2-7680"),
  diskGb: z.int().min(10).default(20).describe("to begin with: it grows by itself"),
  highAvailability: z.boolean().default(true).describe("a second one in another zone, at twice the price"),
});
const Budget = z.strictObject({
  billingAccount: z
    .string({ error: "expected a billing account, 012345-6789AB-CDEF01 say" })
    .regex(/^[0-9A-F]{6}(-[0-9A-F]{6}){2}$/, "expected a billing account, 012345-6789AB-CDEF01 say"),
  perMonth: z
    .int("expected a whole number")
    .positive()
    .describe("of which half, nine tenths and all is told; nothing is switched off"),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "expected a currency's code")
    .default("USD")
    .describe("the billing account's own"),
});

/** What a fleet's specification can't say: where it runs, how large it may become, and who hears of trouble. */
export const Settings = z.strictObject({
  projectNumber: z
    .string({ error: "expected the project's number, in quotes" })
    .regex(/^[0-9]{6,}$/, "expected the project's number")
    .describe("`gcloud projects describe PROJECT --format='value(projectNumber)'`"),
  region: z
    .string({ error: "expected a region, europe-west1 say" })
    .regex(/^[a-z]+-[a-z]+[0-9]+$/, "expected a region, europe-west1 say")
    .describe("of workers, buckets, messages, database, images and logs"),
  budget: Budget,
  alertEmails: z
    .array(z.email("expected an address"))
    .min(1, "expected at least one address")
    .describe("who hears of trouble, and of what is spent"),
  apiHost: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "expected a name, api.example.com say")
    .nullable()
    .default(null)
    .describe(
      "the API's name; it is asked each minute whether it is well; null: it is not reached from outside",
    ),
  release: kubernetesName
    .default("segue")
    .describe("what `helm install` calls the fleet; its accounts in the cluster are called by it"),
  namespace: kubernetesName.default("segue").describe("where in the cluster"),
  identity: z
    .enum(["accounts", "direct"], { error: "expected accounts or direct" })
    .default("accounts")
    .describe(
      "who services are to Google: `accounts`, one each; `direct`: who they are in the cluster, but for those with the database",
    ),
  clusterAccounts: z
    .record(
      z.string(),
      z
        .string()
        .regex(
          /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
          "expected an account of the cluster, by its name alone",
        ),
    )
    .default({})
    .describe(
      "by service: accounts of the cluster that somebody else makes; `<release>-<service>` otherwise",
    ),
  sourceBuckets: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, "expected a bucket's name"))
    .default([])
    .describe("of others: of these `gs://` sources are fetched (SEGUE_SOURCE_BUCKETS)"),
  shutdownSec: z
    .int("expected a whole number")
    .min(15, "expected 15 to 105 seconds: of the 120 of a notice critical pods have 15")
    .max(105, "expected 15 to 105 seconds: of the 120 of a notice critical pods have 15")
    .default(60)
    .describe(
      "from the notice to SIGKILL for a pod on a preempted node; 15 is what GKE does by itself, before 1.35 too",
    ),
  base: Base.prefault({}).describe("nodes on demand, for the servers"),
  spotCpu: SpotCpu.prefault({}).describe(
    "preemptible nodes, for workers of steps; none while there is no work",
  ),
  spotGpu: SpotGpu.nullable()
    .default(null)
    .describe(
      "preemptible nodes with a GPU, for services with a step that asks for one; null: they compute without",
    ),
  database: Database.prefault({}).describe("the catalog's Postgres"),
  logDays: z.int().min(1).max(3_650).default(30).describe("how long lines of the fleet are kept"),
});
export type Settings = z.infer<typeof Settings>;

/** @throws {TypeError} that names each setting that is wrong, or that there is not, and what was expected. */
export function parseSettings(given: unknown): Settings {
  const parsed = Settings.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    ({ path, message }) => `${["settings", ...path].join(".")}: ${message}`,
  );
  throw new TypeError(wrong.join("\n"));
}
