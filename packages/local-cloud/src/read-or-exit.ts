import { ConfigError } from "@segue/telemetry";

/** As every process of Segue ends that its environment does not let begin. */
const wrongEnvironment = 3;

/** What a process reads at its start; a wrong environment ends it with one line. */
export function readOrExit<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${part}: ${error.message.replaceAll("\n", "; ")}\n`);
    process.exit(wrongEnvironment);
  }
}
