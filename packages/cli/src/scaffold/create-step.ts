import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type FoundKind, findKind } from "./find-kind.ts";
import { listInFleet } from "./list-in-fleet.ts";
import { stepFiles } from "./step-files.ts";
import { namesOf } from "./step-names.ts";

export interface CreatedStep {
  readonly step: string;
  /** Relative to the project's folder. */
  readonly created: readonly string[];
  readonly edited: readonly string[];
}

/** A kind that the project does not have. */
export class UnknownKindError extends Error {
  override readonly name = "UnknownKindError";
}

/** The step can't be made as the project is; nothing was written. */
export class ScaffoldError extends Error {
  override readonly name = "ScaffoldError";
}

const Manifest = z.looseObject({ dependencies: z.record(z.string(), z.string()) });

/**
 * Writes a service folder with one step, its kinds and their tests, and lists it in the fleet.
 *
 * @param root the project's folder.
 * @param inputs kinds that it consumes: of the contracts, or of services beside it.
 * @param outputs names of the kinds that it makes.
 * @throws {UnknownKindError} {ScaffoldError} if the service exists, or the fleet's module is not in the form that is expected.
 */
export async function createStep(
  root: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[] = [name],
): Promise<CreatedStep> {
  const names = namesOf(name);
  const folder = join("services", name);
  if (await exists(join(root, folder))) throw new ScaffoldError(`${folder} exists already`);
  const fleet = listInFleet(await readFile(join(root, "segue.config.ts"), "utf8"), names);
  if (fleet === undefined) {
    throw new ScaffoldError(
      "segue.config.ts: expected imports, then const services = { with one service a line, then };",
    );
  }
  const kinds: FoundKind[] = [];
  for (const input of inputs) {
    const found = await findKind(root, input);
    if (!found)
      throw new UnknownKindError(`there is no kind "${input}"; segue graph shows those that there are`);
    kinds.push(found);
  }
  const manifestText = await readFile(join(root, "package.json"), "utf8");
  const manifest = Manifest.parse(JSON.parse(manifestText));
  const contracts = Manifest.parse(
    JSON.parse(await readFile(join(root, "packages/contracts/package.json"), "utf8")),
  );
  const zod = contracts.dependencies.zod ?? "*";
  const files = stepFiles(names, kinds, outputs.map(namesOf), zod);
  for (const [path, content] of files) {
    const file = join(root, folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { flag: "wx" });
  }
  const dependencies = { ...manifest.dependencies, [`@segue/${name}`]: "workspace:*" };
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(
    join(root, "package.json"),
    // Its other lines stay where they are.
    `${JSON.stringify({ ...JSON.parse(manifestText), dependencies: sorted }, null, 2)}\n`,
  );
  await writeFile(join(root, "segue.config.ts"), fleet);
  const created = [...files.keys()].map((path) => join(folder, path));
  return { step: name, created, edited: ["package.json", "segue.config.ts"] };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
