// `npm run chaos -- --minutes N [--preemptions N] --seed S [--tracks N] [--pubsub local|google] [--placed default|economy|both] [--replicas N] [--report FILE] [--keep]`
import { writeFile } from "node:fs/promises";
import { parseChaosOptions } from "./options.ts";
import { formatReport } from "./report.ts";
import { runChaos } from "./run-chaos.ts";

const options = parseChaosOptions(process.argv.slice(2));
const result = await runChaos(options, (line) => console.error(`chaos: ${line}`));
const report = formatReport(result);
console.log(report);
if (options.report) await writeFile(options.report, `${report.trimEnd()}\n`);
process.exitCode = result.checks.some(({ violations }) => violations.length > 0) ? 1 : 0;
