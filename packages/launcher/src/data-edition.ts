import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { editionFile, editionMark, refuseFirstEdition, refuseForeignMark } from "@segue/contracts";

/**
 * Makes a folder this edition's, if it is nobody's yet.
 *
 * @param idFile what every fleet leaves in its folder, those included that said nothing of their edition.
 * @throws {ForeignEditionError} if another edition's data is in it.
 */
export async function claimFolder(folder: string, idFile: string): Promise<void> {
  const file = join(folder, editionFile);
  const remedy = "remove the folder";
  if (existsSync(file)) refuseForeignMark(await readFile(file), "it", remedy);
  else if (existsSync(join(folder, idFile))) refuseFirstEdition("it", remedy);
  else await writeFile(file, editionMark);
}
