import { Argument, Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { renderCompletion, type Shell, shells } from "./completion-script.ts";

/** `segue completion`: a script for a shell, made of the commands that there are. */
export function createCompletionCommand(context: CommandContext): Command {
  const examples = examplesText({
    'eval "$(segue completion bash)"': "in ~/.bashrc",
    'eval "$(segue completion zsh)"': "in ~/.zshrc",
    "segue completion fish | source": "in ~/.config/fish/config.fish",
  });
  const command = new Command("completion")
    .summary("print a script that completes commands and options in a shell")
    .description("Prints a completion script for a command named segue: a program of that name, or an alias.")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText("after", examples + exitCodesText({ succeeded: "printed" }));
  return command.action((shell: Shell) => {
    const program = command.parent ?? command;
    context.stdout.write(renderCompletion(program, shell));
  });
}
