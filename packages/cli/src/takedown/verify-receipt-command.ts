import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption } from "../fleet-api/api-options.ts";

interface Flags {
  readonly api?: string;
  readonly key?: string;
  readonly json: boolean;
}

/** `segue takedown verify`. */
export function createVerifyReceiptCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue takedown verify receipt.json --key fleet.pub.pem":
      "with a key that you were given: no fleet is asked",
    "segue takedown verify receipt.json": "with the keys that the fleet tells",
  });
  const codes = exitCodesText({ ...apiCodes, succeeded: "it is true", failed: "it is none, or was changed" });
  return new Command("verify")
    .summary("prove a takedown's receipt, and tell what it says")
    .description("Proves that a receipt says what the fleet has signed, and tells it.")
    .argument("<receipt>", "a file with the receipt, as `segue takedown show ID --receipt` prints it")
    .addOption(apiOption())
    .option("--key <file>", "the fleet's public key: PEM, or base64 of its SubjectPublicKeyInfo")
    .option("--json", "print what it says as JSON", false)
    .addHelpText("after", examples + codes)
    .action(async (file: string, { api: url, key, json }: Flags) => {
      const { ReceiptRefusal, verifyReceipt } = await import("@segue/client");
      const prove = async (trusted: readonly string[]) => {
        try {
          const said = verifyReceipt(await readFile(resolve(context.config.cwd, file), "utf8"), trusted);
          if (json) return writeJson(context, said);
          context.stdout.write(
            `true: ${said.stage}, of takedown ${said.takedownId}, proved at ${said.provedAt}\n${said.says}\n`,
          );
        } catch (error) {
          if (!(error instanceof ReceiptRefusal)) throw error;
          context.stderr.write(`${file}: ${error.message}\n`);
          context.onExitCode(commandExitCodes.failed);
        }
      };
      if (key !== undefined) return prove([await readFile(resolve(context.config.cwd, key), "utf8")]);
      const { useApi } = await import("../fleet-api/use-api.ts");
      await useApi(context, url, async (api) => {
        const { keys } = await api.listReceiptKeys();
        await prove(keys.map(({ publicKey }) => publicKey));
      });
    });
}
