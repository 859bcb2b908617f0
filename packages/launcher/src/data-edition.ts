import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Raised when what a fleet keeps, or has under way, can't be read by the releases before. */
const edition = 2;
const editionFile = "edition.json";
const Edition = z.object({ edition: z.int().positive() });

/**
 * Says whose data a folder holds: ours from now on, if nobody's yet. Undefined where this release reads it; else why not, in words.
 *
 * @param idFile what every fleet leaves in its folder, those included that said nothing of their edition.
 */
export async function claimEdition(folder: string, idFile: string): Promise<string | undefined> {
  const file = join(folder, editionFile);
  const found = existsSync(file)
    ? Edition.parse(JSON.parse(await readFile(file, "utf8"))).edition
    : existsSync(join(folder, idFile))
      ? 1
      : undefined;
  if (found === undefined)
    await writeFile(file, JSON.stringify({ edition } satisfies z.infer<typeof Edition>));
  if (found === undefined || found === edition) return undefined;
  const ours =
    found < edition ? "an earlier edition, which this one does not read" : "a later edition than this one";
  return `it holds data of ${ours} (${found}, not ${edition})`;
}
