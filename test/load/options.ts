import { parseArgs } from "node:util";
import { z } from "zod";

const count = (minimum: number) =>
  z.coerce.number({ error: "expected a whole number" }).int("expected a whole number").min(minimum);

const schema = z.object({
  /** Tracks that are submitted, each under a key of its own. Attempts come on top. */
  posts: count(10).default(1_000),
  /** That send at once while connections are cut; a quarter of them while nothing is disturbed. */
  clients: count(8).default(128),
  /** How often the API's process is ended and started again. */
  kills: count(0).optional(),
  /** Decides what is sent and where connections are cut; how that falls together is the machine's. */
  seed: count(0).default(1),
  /** `scales`: one step that reads a master; `project`: the whole chain's steps, of which `loudness` is asked for. */
  fleet: z.enum(["scales", "project"]).default("scales"),
  /** `embedded`: PGlite, as on a machine of one's own; `server`: a Postgres server of the run's own. */
  database: z.enum(["embedded", "server"]).default("embedded"),
  /** Where to write the report, as Markdown. */
  report: z.string().optional(),
  /** Keeps the data folder, logs included. */
  keep: z.boolean().default(false),
});

export type LoadOptions = Omit<z.output<typeof schema>, "kills" | "report"> & {
  readonly kills: number;
  readonly report?: string | undefined;
};

/** @throws {Error} that says which option is wrong and what is expected. */
export function parseLoadOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      posts: { type: "string" },
      clients: { type: "string" },
      kills: { type: "string" },
      seed: { type: "string" },
      fleet: { type: "string" },
      database: { type: "string" },
      report: { type: "string" },
      keep: { type: "boolean" },
    },
  });
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { kills, ...options } = parsed.data;
  return { ...options, kills: kills ?? Math.max(2, Math.round(options.posts / 10_000)) };
}
