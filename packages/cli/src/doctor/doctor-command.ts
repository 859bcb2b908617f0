import { resolve } from "node:path";
import { formatCount } from "@segue/wording";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { readCliSettings } from "../config.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { formatColumns } from "../format-columns.ts";
import { parsePort } from "../start/parse-port.ts";
import type { Finding } from "./finding.ts";

interface DoctorFlags {
  readonly data?: string;
  readonly port?: number;
  readonly fleet?: string;
  readonly json: boolean;
}

/** `segue doctor`: whether this machine has what a fleet needs. */
export function createDoctorCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue doctor": "before the first start, or when something does not work",
    "segue doctor --data /mnt/big/segue": "with state elsewhere",
    "segue doctor --json | jq '.[] | select(.state != \"ok\")'": "for scripts",
  });
  const codes = exitCodesText({ succeeded: "no problem; there may be warnings", failed: "a problem" });
  return new Command("doctor")
    .summary("whether this machine has what a fleet needs")
    .description(
      "Checks Node, cores, memory, disk, ports, ffmpeg, models, every step's setup, Postgres, and the parts of a cloud\n" +
        "that DATABASE_URL, PUBSUB_EMULATOR_HOST and SEGUE_GCS_ENDPOINT name. Each is ok, a warning or a problem.",
    )
    .option("--data <dir>", "folder for all state, as `start` has it (default: SEGUE_DATA_DIR, else .segue)")
    .option(
      "--port <number>",
      "the API's port, as `start` has it (default: SEGUE_API_PORT, else 8080)",
      parsePort,
    )
    .option(...fleetOption)
    .option("--json", "print an array of findings { check, state, detail, remedy } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async (flags: DoctorFlags) => {
      const findings = await examine(context, flags);
      if (flags.json) writeJson(context, findings);
      else context.stdout.write(`${renderFindings(findings)}\n`);
      if (findings.some(({ state }) => state === "problem")) context.onExitCode(commandExitCodes.failed);
    });
}

async function examine(
  { config }: CommandContext,
  { data, port, fleet: file }: DoctorFlags,
): Promise<Finding[]> {
  const { cwd, env } = config;
  const settings = readCliSettings(config);
  const [machine, tools, { checkCloud }, { attempt }, { loadFleet }] = await Promise.all([
    import("./check-machine.ts"),
    import("./check-tools.ts"),
    import("./check-cloud.ts"),
    import("./finding.ts"),
    import("@segue/step"),
  ]);
  const findings = [
    await machine.checkNode(),
    machine.checkCpu(),
    await machine.checkDataFolder(data === undefined ? settings.dataDir : resolve(cwd, data)),
    await machine.checkPort(port ?? settings.apiPort),
    await tools.checkFfmpeg(env),
    ...(await checkCloud(env)),
  ];
  const ofFleet: Finding[] = [];
  const loaded = await attempt("fleet", "correct the module, or name another with --fleet", async () => {
    const fleet = await loadFleet(fleetUrlOf(file, cwd));
    ofFleet.push(
      machine.checkMemory(fleet),
      ...(await tools.checkWeights(fleet)),
      ...(await tools.checkSteps(fleet)),
    );
    return `${fleet.services.size} services, ${fleet.chain.steps.length} steps`;
  });
  return [...findings, loaded, ...ofFleet];
}

function renderFindings(findings: readonly Finding[]): string {
  const table = formatColumns(findings.map(({ state, check, detail }) => [state, check, detail]));
  const lines = table.split("\n").flatMap((line, i) => {
    const remedy = findings[i]?.remedy;
    return remedy ? [line, `  ${remedy}`] : [line];
  });
  const count = (wanted: Finding["state"]) => findings.filter(({ state }) => state === wanted).length;
  return [
    ...lines,
    `${count("ok")} ok, ${formatCount(count("warning"), "warning")}, ${formatCount(count("problem"), "problem")}`,
  ].join("\n");
}
