import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import type { Cloud } from "./plan-removal.ts";

interface Flags {
  readonly dryRun: boolean;
  readonly fleet?: string;
  readonly json: boolean;
}

/** `segue remove`: what can be taken out of a fleet that runs. */
export function createRemoveCommand(context: CommandContext): Command {
  return new Command("remove")
    .summary("take a part out of a running fleet")
    .description("Takes a part out of a running fleet.")
    .addCommand(createRemoveStepCommand(context));
}

function createRemoveStepCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue remove step crest": "after its workers were stopped",
    "segue remove step crest --dry-run": "what would be removed",
  });
  const codes = exitCodesText({
    succeeded: "removed, or shown",
    failed: "the fleet has no such step beside its own, or the project's fleet file lists it still",
    unreachable: "no cloud is named and no fleet runs here, or it could not be reached",
  });
  return new Command("step")
    .summary("take a step out: tracks stop wanting it; what it has made stays")
    .description(
      "Deletes the step's registration, so that new tracks stop wanting it and what follows from it, and its subscriptions.\n" +
        "What it has made stays and is served. Stop its workers first: one that runs registers it again.",
    )
    .argument("<name>", "the step's name")
    .option("--dry-run", "only tell what would be removed", false)
    .option(...fleetOption)
    .option("--json", "print { step, removed } as JSON", false)
    .addHelpText("after", examples + codes)
    .action((name: string, flags: Flags) => removeStep(context, name, flags));
}

async function removeStep(context: CommandContext, name: string, flags: Flags): Promise<void> {
  const [{ findCloudEnvironment }, { openCloud, planRemoval }, { loadFleet }] = await Promise.all([
    import("../fleet-api/find-cloud.ts"),
    import("./plan-removal.ts"),
    import("@segue/step"),
  ]);
  const fail = (words: string, code: number) => {
    context.stderr.write(`segue remove step: ${words}\n`);
    context.onExitCode(code);
  };
  const { chain } = await loadFleet(fleetUrlOf(flags.fleet, context.config.cwd));
  if (chain.steps.some((step) => step.name === name)) {
    return fail(
      `"${name}" is in the fleet file: take it out there, and deploy the API and the catalog without it (docs/plug-in.md)`,
      commandExitCodes.failed,
    );
  }
  let cloud: Cloud | undefined;
  try {
    cloud = openCloud(await findCloudEnvironment(context.config));
    const removal = await planRemoval(cloud, chain, name);
    if (!removal) return fail(`no step "${name}" is registered`, commandExitCodes.failed);
    if (!flags.dryRun) await removal.carryOut();
    if (flags.json) return writeJson(context, { step: name, removed: removal.resources });
    const verb = flags.dryRun ? "would be removed" : "removed";
    for (const resource of removal.resources) context.stdout.write(`${verb}: ${resource}\n`);
    context.stdout.write("New tracks stop wanting it within seconds; what it has made stays.\n");
  } catch (error) {
    fail(error instanceof Error ? error.message || error.name : String(error), commandExitCodes.unreachable);
  } finally {
    await cloud?.[Symbol.asyncDispose]();
  }
}
