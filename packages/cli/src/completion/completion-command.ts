import { Argument, Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";

type Shell = "bash" | "zsh" | "fish";

/** `segue completion`: what a shell needs to complete command lines. */
export function createCompletionCommand(context: CommandContext): Command {
  const examples = examplesText({
    'eval "$(segue completion bash)"': "in ~/.bashrc",
    'eval "$(segue completion zsh)"': "in ~/.zshrc, after compinit",
    "segue completion fish | source": "in ~/.config/fish/config.fish",
  });
  return new Command("completion")
    .summary("print a script that completes command lines in a shell")
    .description(
      "Prints a script that completes `segue` in a shell: commands, options, their choices, files and folders. There\n" +
        "must be a command, function or alias of that name: see docs/cli.md.",
    )
    .addArgument(new Argument("<shell>", "which one").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", examples + exitCodesText({ succeeded: "printed" }))
    .action(async (shell: Shell, _flags: object, command: Command) => {
      const { describeWords } = await import("./describe-words.ts");
      const words = describeWords(command.parent ?? command);
      const render = {
        bash: async () => (await import("./render-bash.ts")).renderBash(words),
        zsh: async () => (await import("./render-zsh.ts")).renderZsh(words),
        fish: async () => (await import("./render-fish.ts")).renderFish(words),
      };
      context.stdout.write(await render[shell]());
    });
}
