import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin, version } from "esbuild";
import { z } from "zod";
import { pageFolder } from "../src/page-folder.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const source = fileURLToPath(new URL("../page/", import.meta.url));

/** What the page was made of: file to its size and time. */
const Built = z.object({ by: z.string(), inputs: z.record(z.string(), z.string()) });

/** A page of long ago is nobody's any more: whoever has one open has read all of it. */
const staleMs = 24 * 3_600_000;

/**
 * Bundles the page into a folder, with a hash in the name of each file but `index.html`. Files are put in place one by one and `index.html` after them, so that
 * whoever reads meanwhile, or builds as well, finds a page that is whole.
 *
 * @returns the files that it was made of, absolute.
 */
export async function buildPage(folder: URL = pageFolder): Promise<string[]> {
  const out = fileURLToPath(folder);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(source, "main.tsx"), join(source, "icon.svg")],
    entryNames: "[name]-[hash]",
    outdir: join(out, "assets"),
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".svg": "copy" },
    legalComments: "eof",
    // Modules of the contracts that a page has no use for name them; see `refuseLeftovers`.
    external: ["node:*"],
    plugins: [oneLanguage],
    logLevel: "warning",
    metafile: true,
  });
  refuseLeftovers(metafile);
  await mkdir(join(out, "assets"), { recursive: true });
  await removeStale(join(out, "assets"));
  for (const { path, contents } of outputFiles) await place(path, contents);
  const names = outputFiles.map(({ path }) => basename(path));
  await place(join(out, "index.html"), await fillTemplate(names));
  return [...Object.keys(metafile.inputs).map((file) => join(root, file)), join(source, "index.html")];
}

/** As `buildPage`, unless what is there was made of the very same files. */
export async function buildPageIfStale(folder: URL = pageFolder): Promise<void> {
  if (await isFresh(folder)) return;
  const inputs = await Promise.all((await buildPage(folder)).map(describeInput));
  const built = { by: version, inputs: Object.fromEntries(inputs) };
  await place(fileURLToPath(new URL("built.json", folder)), JSON.stringify(built));
}

async function isFresh(folder: URL): Promise<boolean> {
  try {
    const { by, inputs } = Built.parse(JSON.parse(await readFile(new URL("built.json", folder), "utf8")));
    const now = await Promise.all(Object.keys(inputs).map(describeInput));
    return by === version && now.every(([file, state]) => inputs[file] === state);
  } catch {
    return false;
  }
}

async function describeInput(file: string): Promise<[string, string]> {
  const { size, mtimeMs } = await stat(file);
  return [file, `${size} ${mtimeMs}`];
}

/** Messages of zod in all languages but English: a third of the page, and nobody reads them there. */
const oneLanguage: Plugin = {
  name: "one-language",
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** @throws {Error} where the page would import what no browser has. */
function refuseLeftovers({ outputs }: Metafile): void {
  const left = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  if (left.length > 0) throw new Error(`the page imports ${[...new Set(left)].join(", ")}`);
}

async function fillTemplate(names: readonly string[]): Promise<string> {
  const template = await readFile(join(source, "index.html"), "utf8");
  return template.replaceAll(/assets\/(\w+)\.(\w+)/g, (_whole, stem: string, extension: string) => {
    const name = names.find((each) => each.startsWith(`${stem}-`) && each.endsWith(`.${extension}`));
    if (name === undefined) throw new Error(`index.html names ${stem}.${extension}, which was not made`);
    return `assets/${name}`;
  });
}

async function place(path: string, contents: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.${performance.now()}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > staleMs) await rm(join(folder, name), { force: true });
  }
}
