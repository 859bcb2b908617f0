import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ApiClient, ExportAsked } from "@segue/client";
import { formatBytes, printable } from "@segue/wording";
import type { CommandContext } from "../command-context.ts";
import { NotThere } from "../fleet-api/use-api.ts";

/**
 * Writes all that a search finds to a file, or to standard output. A file is there once it is whole: until then it is called `.part`.
 *
 * @throws {NoAnswer} where not all came. {NotThere} where the file can't be written.
 */
export async function exportFound(
  { config, stdout, stderr }: CommandContext,
  api: ApiClient,
  asked: ExportAsked,
  output: string | undefined,
): Promise<void> {
  const { body, isComplete } = await api.openExport(asked);
  if (output === undefined) await pipeline(body, stdout, { end: false });
  else {
    const file = resolve(config.cwd, output);
    const written = createWriteStream(`${file}.part`);
    try {
      await pipeline(body, written);
    } catch (error) {
      await rm(`${file}.part`, { force: true });
      const isOurs = error instanceof Error && "syscall" in error;
      throw isOurs ? new NotThere(`${printable(output)} can't be written: ${error.message}`) : error;
    }
    await rename(`${file}.part`, file);
    stderr.write(`${formatBytes(written.bytesWritten)} in ${printable(output)}\n`);
  }
  if (!isComplete)
    stderr.write("search is still going through all tracks: some may be missing, or not be as they are\n");
}
