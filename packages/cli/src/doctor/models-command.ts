import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet/project-fleet.ts";
import { formatColumns } from "../format-columns.ts";

interface ListedModel {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly steps: readonly string[];
  /** Why it can't be loaded; null when its files are the ones that its steps name. */
  readonly problem: string | null;
}

/** `segue models`: the models that take part in results. */
export function createModelsCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue models": "name, version, digest of the weights, steps, and whether they load",
  });
  const codes = exitCodesText({ succeeded: "all can be loaded", failed: "one can't be loaded" });
  return new Command("models")
    .summary("the models that the chain's steps use, loaded and verified")
    .description(
      "Lists the models of the chain's steps. A model's digest is part of its results' addresses: each is loaded as workers\n" +
        "load it, which fails when a file is not the one that its digest names.",
    )
    .option(...fleetOption)
    .option("--json", "print an array of { name, version, digest, steps, problem } as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async ({ fleet, json }: { readonly fleet?: string; readonly json: boolean }) => {
      const models = await listModels(fleetUrlOf(fleet, context.config.cwd));
      if (json) writeJson(context, models);
      else context.stdout.write(`${render(models)}\n`);
      if (models.some(({ problem }) => problem !== null)) context.onExitCode(commandExitCodes.failed);
    });
}

async function listModels(fleetUrl: string): Promise<ListedModel[]> {
  const { loadFleet } = await import("@segue/step");
  const { chain } = await loadFleet(fleetUrl);
  const models = new Map<string, ListedModel>();
  for (const step of chain.steps) {
    if (!step.model) continue;
    const { name, version, digest } = step.model;
    const known = models.get(digest);
    const problem =
      known?.problem ??
      (await step.setup().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ));
    models.set(digest, { name, version, digest, steps: [...(known?.steps ?? []), step.name], problem });
  }
  return [...models.values()];
}

function render(models: readonly ListedModel[]): string {
  if (models.length === 0) return "no step of the chain uses a model";
  const rows = models.map(({ name, version, digest, steps, problem }) => [
    name,
    version,
    digest.slice(0, 16),
    steps.join(", "),
    problem ?? "loads",
  ]);
  return formatColumns([["MODEL", "VERSION", "DIGEST", "STEPS", "STATE"], ...rows]);
}
