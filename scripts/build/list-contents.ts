import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import parse from "spdx-expression-parse";
import { z } from "zod";

const Manifest = z.looseObject({ name: z.string(), version: z.string(), license: z.unknown() });
type Manifest = z.infer<typeof Manifest>;

/**
 * What is in a build that is not ours: a bill of materials as CycloneDX 1.6 has it (https://cyclonedx.org/docs/1.6/json), of packages of npm. It is the
 * same for the same build.
 *
 * @param own of what is built, its folder.
 * @param files that were bundled, absolute.
 * @param folders of packages that were copied as they are.
 */
export function listContents(
  own: string,
  { files, folders }: { readonly files: Iterable<string>; readonly folders: Iterable<string> },
) {
  const found = new Map<string, Manifest>();
  const note = (manifest: Manifest) => found.set(purlOf(manifest), manifest);
  for (const folder of folders) note(read(folder));
  const seen = new Set<string>();
  for (const file of files) {
    const folder = packageFolder(file);
    if (folder === undefined || seen.has(folder)) continue;
    seen.add(folder);
    note(read(folder));
  }
  const { name, version, license } = read(own);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", name, version, ...licensesOf(license) } },
    components: [...found]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([purl, manifest]) => ({
        type: "library",
        "bom-ref": purl,
        ...splitName(manifest.name),
        version: manifest.version,
        ...licensesOf(manifest.license),
        purl,
      })),
  };
}

function read(folder: string): Manifest {
  return Manifest.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
}

/** The folder below a `node_modules` that a file is of; undefined for one of our own. Manifests within a package that only say what form its code has are passed over. */
function packageFolder(file: string): string | undefined {
  const marker = "/node_modules/";
  const at = file.lastIndexOf(marker);
  if (at < 0) return undefined;
  const [first = "", second = ""] = file.slice(at + marker.length).split("/");
  const folder = join(file.slice(0, at), marker, first.startsWith("@") ? join(first, second) : first);
  if (!existsSync(join(folder, "package.json")))
    throw new Error(`${file} is of no package: ${dirname(folder)} has none`);
  return folder;
}

function splitName(full: string): { readonly group?: string; readonly name: string } {
  const [group = "", name] = full.split("/");
  return name === undefined ? { name: full } : { group, name };
}

/** https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md */
function purlOf({ name, version }: Manifest): string {
  return `pkg:npm/${name.replace("@", "%40")}@${encodeURIComponent(version)}`;
}

/** Older manifests have an object of it, or a list; some point to a file. */
function licensesOf(license: unknown) {
  const text = typeof license === "string" ? license : Object(license).type;
  if (typeof text !== "string") return {};
  return { licenses: [isSpdx(text) ? { expression: text } : { license: { name: text } }] };
}

function isSpdx(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
