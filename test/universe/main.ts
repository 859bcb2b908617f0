// `npm run universe`: the stand-ins first, then all that they stand in for.
import { registerStandIns } from "./ambient/register.ts";
import { readOptions } from "./options.ts";
import { findPlant } from "./plants/index.ts";

process.env.TZ = "UTC";
const options = readOptions(process.argv.slice(2));
registerStandIns(options.plant === undefined ? undefined : findPlant(options.plant));
const { runCommand } = await import("./command.ts");
process.exitCode = await runCommand(options);
