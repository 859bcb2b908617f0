// `npm run soak -- --messages 10000 [--service bpm-key]`: does a worker's memory grow with the messages it has handled?
import { parseArgs } from "node:util";
import { runSoak } from "./run-soak.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "10000" },
    service: { type: "string", default: "bpm-key" },
  },
});
const messages = Number(values.messages);
/** What the interval must be able to tell apart from nothing: growth over all messages, in MiB. */
const resolutionMiB = 100;

let printedAt = 0;
const { line, samples, endings, tookMs } = await runSoak({
  service: values.service,
  messages,
  onSample(sample) {
    if (sample.messages < printedAt) return;
    printedAt += messages / 20;
    console.log(`${sample.messages} messages: ${sample.residentMiB.toFixed(1)} MiB`);
  },
});

const perThousand = (perMessage: number) => `${(perMessage * 1024 * 1000).toFixed(0)} KiB`;
const low = line.slope - line.slopeMargin;
const high = line.slope + line.slopeMargin;
const peak = Math.max(...samples.map(({ residentMiB }) => residentMiB));
console.log(
  `${values.service}: ${messages} messages in ${(tookMs / 1000).toFixed(0)} s; ${[...endings].map(([ending, count]) => `${count} ${ending}`).join(", ")}`,
);
console.log(
  `resident memory at most ${peak.toFixed(0)} MiB; ${samples.length} samples, a quarter of them warm-up`,
);
console.log(
  `slope per 1000 messages: ${perThousand(line.slope)}, 95 % interval ${perThousand(low)} to ${perThousand(high)}`,
);
const fine = line.slopeMargin * messages <= resolutionMiB;
const flat = low <= 0;
console.log(verdict());
const computed = endings.get("computed") ?? 0;
if (computed < messages) console.log(`only ${computed} of ${messages} messages were computed`);
process.exitCode = flat && fine && computed >= messages ? 0 : 1;

function verdict(): string {
  if (!flat) return "the slope is distinguishable from zero: memory grows";
  if (!fine) return "undecided: the interval is too wide to tell";
  return high < 0
    ? "the slope is below zero: memory does not grow"
    : "the slope is indistinguishable from zero";
}
