import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";

interface GraphFlags {
  format: "text" | "mermaid" | "svg";
  json: boolean;
  fleet?: string;
}

/** `segue graph`: the chain as the fleet's definition has it. */
export function createGraphCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue graph": "a table of all steps",
    "segue graph --format svg > chain.svg": "a picture",
    "segue graph --format mermaid": "for Markdown",
    "segue graph --json | jq '.steps[].name'": "for scripts",
  });
  return new Command("graph")
    .summary("show the chain: steps, kinds, versions, budgets")
    .description("Shows the chain of steps as it derives from the fleet's definition. Nothing has to run.")
    .addOption(new Option("--format <format>", "how").choices(["text", "mermaid", "svg"]).default("text"))
    .option("--json", "print the chain as JSON", false)
    .option(...fleetOption)
    .addHelpText("after", examples + exitCodesText({ succeeded: "shown" }))
    .action(async ({ format, json, fleet }: GraphFlags) => {
      const [{ loadFleet }, { describeChain }] = await Promise.all([
        import("@segue/step"),
        import("./describe-chain.ts"),
      ]);
      const graph = describeChain(await loadFleet(fleetUrlOf(fleet, context.config.cwd)));
      if (json) return writeJson(context, graph);
      const render = {
        text: async () => (await import("./graph-text.ts")).renderGraphText(graph),
        mermaid: async () => (await import("./graph-mermaid.ts")).renderGraphMermaid(graph),
        svg: async () => (await import("./graph-svg.ts")).renderGraphSvg(graph),
      };
      context.stdout.write(`${await render[format]()}\n`);
    });
}
