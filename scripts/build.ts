// Makes `dist/`, from which services start in a fraction of the time: their code and what they depend on in few files, beside them what
// can't be put together (binaries, WebAssembly, a thread pool that finds its own files), what was compiled, and a list of what of others is in it. `npm run build -- --out DIR`.
import { execFileSync } from "node:child_process";
import { chmod, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { buildPage, buildPageIfStale } from "../packages/dashboard/build/build-page.ts";
import { pageFolder } from "../packages/dashboard/src/page-folder.ts";
import { transferFlags } from "../packages/host/src/node-flags.ts";
import { type Copied, copyPackage } from "./build/copy-package.ts";
import { findBeside } from "./build/find-files.ts";
import { listContents } from "./build/list-contents.ts";
import { placeBeside } from "./build/place-beside.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const out = resolve(root, values.out);

/** Packages that stay as they are, each with the one of ours that has it; of some nothing but files is used. */
const asTheyAre = [
  ["piscina", "packages/runner"],
  ["@node-rs/crc32", "packages/store"],
  ["@ffmpeg-installer/ffmpeg", "packages/audio"],
  ["essentia.js", "services/bpm-key"],
  ["@tensorflow/tfjs-backend-wasm", "services/tagging"],
] as const;
/** Looked for when code runs, and done without. */
const optional = ["ffmpeg-static", "pg-native"];

// What lies beside code is looked for where it is: there has to be a page.
await buildPageIfStale();
const beside = findBeside(root);
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    "segue.config.ts",
    "packages/host/src/built-service.ts",
    "packages/launcher/src/end-with-parent.ts",
    ...beside.entries.keys(),
  ],
  entryNames: "[name]",
  chunkNames: "chunk-[name]-[hash]",
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "linked",
  external: ["piscina", ...optional],
  plugins: [placeBeside(beside)],
  // CommonJS in a module: what Node gives it otherwise.
  banner: {
    js: [
      'import { createRequire as requireOfBuild } from "node:module";',
      "const require = requireOfBuild(import.meta.url);",
      "const __dirname = import.meta.dirname, __filename = import.meta.filename;",
    ].join("\n"),
  },
  logLevel: "warning",
  metafile: true,
});
await writeFile(join(out, "package.json"), `${JSON.stringify({ type: "module", private: true })}\n`);
// What a container starts: with Node's options, which a variable can't give it.
const start = `#!/bin/sh\nexec node ${transferFlags.join(" ")} "$(dirname "$0")/built-service.js" "$@"\n`;
await writeFile(join(out, "service"), start);
await chmod(join(out, "service"), 0o755);
await cp(join(root, "scripts/build/compile.mjs"), join(out, "compile.mjs"));
for (const [from, to] of beside.copies) await cp(from, join(out, to), { recursive: true });
// In place of the one beside the code, which may have files of earlier ones.
const pageCopy = beside.copies.get(resolve(fileURLToPath(pageFolder)));
if (pageCopy === undefined) throw new Error("no code names the folder of the dashboard");
await rm(join(out, pageCopy), { recursive: true });
const pageInputs = await buildPage(pathToFileURL(`${join(out, pageCopy)}/`));
const copied: Copied = new Map();
for (const [name, owner] of asTheyAre)
  await copyPackage(name, join(root, owner), join(out, "node_modules"), copied);
const contents = listContents(root, {
  files: [...Object.keys(metafile.inputs).map((file) => join(root, file)), ...pageInputs],
  folders: [...copied.keys()].map((name) => join(out, "node_modules", name)),
});
await writeFile(join(out, "sbom.cdx.json"), `${JSON.stringify(contents, null, 1)}\n`);
// Without the cache that this process may have been started with: where there is one already, none is made.
const { NODE_COMPILE_CACHE: _, ...env } = process.env;
execFileSync(process.execPath, [join(out, "compile.mjs")], { stdio: "inherit", env });
