import { parseArgs } from "node:util";
import { z } from "zod";

const count = (minimum: number) =>
  z.coerce.number({ error: "expected a whole number" }).int("expected a whole number").min(minimum);

const schema = z.object({
  /** How long faults are injected; the undisturbed run before and the wait afterwards come on top. */
  minutes: z.coerce.number({ error: "expected a number" }).positive().default(1),
  /** Faults go on past their minutes until so many processes were taken away, however slow the machine is. */
  preemptions: count(0).default(0),
  /** Decides the tracks and the order of faults. How faults and work fall together is the machine's. */
  seed: count(0).default(1),
  /** Twelve a minute by default. */
  tracks: count(1).optional(),
  pubsub: z.enum(["local", "google"]).default("local"),
  /** What runs where: a placement, that of the environment where none is given, or the workers of both side by side, as while one takes over from the other. */
  placed: z.enum(["default", "economy", "both"]).default("default"),
  /** Where to write the report, as Markdown. */
  report: z.string().optional(),
  /** Processes per service with steps. */
  replicas: count(1).default(2),
  /** Keeps the data folder of the disturbed run, logs included. */
  keep: z.boolean().default(false),
});

export type ChaosOptions = Omit<z.output<typeof schema>, "tracks" | "report"> & {
  readonly tracks: number;
  readonly report?: string | undefined;
};

/** @throws {Error} that says which option is wrong and what is expected. */
export function parseChaosOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      minutes: { type: "string" },
      preemptions: { type: "string" },
      seed: { type: "string" },
      tracks: { type: "string" },
      pubsub: { type: "string" },
      placed: { type: "string" },
      report: { type: "string" },
      replicas: { type: "string" },
      keep: { type: "boolean" },
    },
  });
  const parsed = schema.safeParse({ placed: process.env.SEGUE_PLACEMENT, ...values });
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { tracks, ...options } = parsed.data;
  return { ...options, tracks: tracks ?? Math.max(6, Math.round(options.minutes * 12)) };
}
