// `npm run load -- [--posts N] [--clients N] [--kills N] [--seed S] [--fleet scales|project] [--database embedded|server] [--report FILE] [--keep]`:
// many small tracks for a running fleet, from clients that try again, while connections are cut and the API is killed.
// Exit code 1 where anything was lost or doubled.
import { writeFile } from "node:fs/promises";
import { parseLoadOptions } from "./options.ts";
import { formatReport } from "./report.ts";
import { runLoad } from "./run-load.ts";

const options = parseLoadOptions(process.argv.slice(2));
const result = await runLoad(options, (line) => console.error(`load: ${line}`));
const report = formatReport(result);
console.log(report);
if (options.report) await writeFile(options.report, `${report.trimEnd()}\n`);
process.exitCode = result.checks.some(({ violations }) => violations.length > 0) ? 1 : 0;
