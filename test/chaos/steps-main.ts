// `npm run chaos:steps -- [--every-ms N] [--seconds N] [--signals SIGTERM,SIGKILL] [--steps NAME,...] [--report FILE]`
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { killSteps, type StepTrials } from "./kill-steps.ts";
import type { Trial } from "./step-trial.ts";
import { formatSpread, formatTable } from "./table.ts";

const list = z.string().transform((text) => text.split(","));
const schema = z.object({
  "every-ms": z.coerce.number().int().min(10).default(100),
  seconds: z.coerce.number().min(5).default(240),
  signals: list.pipe(z.array(z.enum(["SIGTERM", "SIGKILL"]))).default(["SIGTERM", "SIGKILL"]),
  steps: list.optional(),
  report: z.string().optional(),
});

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    "every-ms": { type: "string" },
    seconds: { type: "string" },
    signals: { type: "string" },
    steps: { type: "string" },
    report: { type: "string" },
  },
});
const options = schema.parse(values);
const results = await killSteps(
  {
    everyMs: options["every-ms"],
    durationSec: options.seconds,
    signals: options.signals,
    steps: options.steps,
  },
  (line) => console.error(`chaos: ${line}`),
);
const rows = results.flatMap((result) => options.signals.map((signal) => describe(result, signal)));
const report = [
  "# A worker ended at every point of every step",
  "",
  `\`npm run chaos:steps -- --every-ms ${options["every-ms"]} --seconds ${options.seconds}\`: one worker per service, a track of ` +
    `${options.seconds} s, a signal at 0, ${options["every-ms"]}, ${2 * options["every-ms"]} ... ms after the step's message was published, up to ` +
    "half a second past the end of an undisturbed attempt. Each time the step begins from nothing.",
  "",
  formatTable(
    ["step", "attempt", "signal", "kills", "lost or different", "result p50", "max", "drain p50", "max"],
    rows,
  ),
].join("\n");
console.log(report);
if (options.report) await writeFile(options.report, `${report}\n`);
process.exitCode = results.some(({ trials }) => trials.some(({ wrong }) => wrong !== undefined)) ? 1 : 0;

function describe({ step, durationMs, trials }: StepTrials, signal: Trial["signal"]): string[] {
  const ours = trials.filter((trial) => trial.signal === signal);
  return [
    step,
    `${(durationMs / 1000).toFixed(2)} s`,
    signal,
    String(ours.length),
    String(ours.filter(({ wrong }) => wrong !== undefined).length),
    ...formatSpread(ours.map(({ tookMs }) => tookMs)),
    ...formatSpread(ours.flatMap(({ drainMs }) => drainMs ?? [])),
  ];
}
