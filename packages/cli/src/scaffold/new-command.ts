import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFleetUrl } from "@segue/launcher/project-fleet";
import { Command, InvalidArgumentError } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { formatColumns } from "../format-columns.ts";
import type { CreatedStep } from "./create-step.ts";
import { lines } from "./source-text.ts";
import { refuseName } from "./step-names.ts";

interface NewStepFlags {
  consumes: string[];
  produces?: string[];
  project?: string;
  json: boolean;
}

/** `segue new`: what can be scaffolded. */
export function createNewCommand(context: CommandContext): Command {
  return new Command("new")
    .summary("scaffold a part of the project")
    .description("Scaffolds a part of the project.")
    .addCommand(createNewStepCommand(context));
}

function parseKinds(text: string): string[] {
  const kinds = text.split(",").map((kind) => kind.trim());
  if (kinds.some((kind) => kind === ""))
    throw new InvalidArgumentError("expected names of kinds, separated by commas.");
  return [...new Set(kinds)];
}

/** Why a step, or a kind that it makes, can't be called so. */
function refuseNames(
  name: string,
  kinds: readonly string[] = [name],
  taken: readonly string[],
): string | undefined {
  if (kinds.length > 1 && kinds.includes(name))
    return `"${name}" is the step: with several kinds none is called as it is`;
  const isTaken = (each: string) => (taken.includes(each) ? `"${each}" is in the fleet already` : undefined);
  return [name, ...kinds].map((each) => isTaken(each) ?? refuseName(each)).find((text) => text !== undefined);
}

const examples = examplesText({
  "segue new step crest": "a step on 16 kHz mono: what analysers want",
  "segue new step beat-count --consumes pcm": "a step on the full band, with both channels",
  "segue new step file-hash --consumes master": "a step on the bytes that a client submitted",
  "segue new step groove --consumes pcm,tempo": "a step that runs when both of them are there",
  "segue new step punch --consumes crest": "a step on what a service of your own finds",
  "segue new step stems --consumes pcm --produces vocals,drums":
    "a step that makes several artifacts in one go",
});
const codes = exitCodesText({
  succeeded: "it is there",
  failed: "the service exists, or segue.config.ts is not in the expected form; nothing was written",
  usage: "the command line is wrong, or the name is taken or not kebab-case",
});

function createNewStepCommand(context: CommandContext): Command {
  const command = new Command("step")
    .summary("scaffold a step: a service folder, its kinds, its tests")
    .description(
      "Writes services/<name>/ with a step, its kinds, a pure function and their tests, and lists the service\n" +
        "in segue.config.ts. Nothing else has to be edited: topics, subscriptions and processes derive from it.",
    )
    .argument("<name>", "in kebab-case: of the step, its service, and its kind where it has no other")
    .option("--consumes <kinds>", "what it reads: kinds of the chain, separated by commas", parseKinds, [
      "mono16k",
    ])
    .option(
      "--produces <kinds>",
      "what it makes: names of new kinds, separated by commas; one of the step's own name by default",
      parseKinds,
    )
    .option("--project <dir>", "the project's folder (default: the one that this command is part of)")
    .option("--json", "print { step, created, edited } as JSON", false)
    .addHelpText("after", examples + codes);
  return command.action(async (name: string, { consumes, produces, project, json }: NewStepFlags) => {
    const root = project
      ? resolve(context.config.cwd, project)
      : fileURLToPath(new URL(".", projectFleetUrl));
    const [{ loadFleet }, { createStep, ScaffoldError, UnknownKindError }] = await Promise.all([
      import("@segue/step"),
      import("./create-step.ts"),
    ]);
    const { chain, services } = await loadFleet(projectFleetUrl);
    const taken = [
      ...services.keys(),
      ...chain.steps.map((step) => step.name),
      ...chain.kinds.map((kind) => kind.name),
    ];
    const refusal = refuseNames(name, produces, taken);
    if (refusal !== undefined) command.error(`error: ${refusal}`);
    try {
      const created = await createStep(root, name, consumes, produces);
      if (json) return writeJson(context, created);
      context.stdout.write(describeCreated(created));
    } catch (error) {
      if (error instanceof UnknownKindError) command.error(`error: ${error.message}`);
      if (!(error instanceof ScaffoldError)) throw error;
      context.stderr.write(`${error.message}\n`);
      context.onExitCode(commandExitCodes.failed);
    }
  });
}

function describeCreated({ step, created, edited }: CreatedStep): string {
  const next = formatColumns([
    [`npm run -s segue -- run ${step} song.mp3`, "the step on a file; links the new package first"],
    [`npm test -- services/${step}`, "its tests"],
  ]);
  return lines(
    ...created.map((path) => `created  ${path}`),
    ...edited.map((path) => `edited   ${path}`),
    "",
    "Next:",
    ...next.split("\n").map((line) => `  ${line}`),
  );
}
