// Has Node keep what it compiles of a build: `node compile.mjs`, in the build. Plain JavaScript, as it is part of what is compiled.
import { readdirSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const out = import.meta.dirname;
enableCompileCache(join(out, "compiled"));
// Modules that do nothing by being imported: entries begin to work, and so does what the first of them imports.
const isIdle = (name) => /^chunk-.*\.js$/.test(name) && !name.startsWith("chunk-service-main-");
for (const name of readdirSync(out)) if (isIdle(name)) await import(pathToFileURL(join(out, name)).href);
flushCompileCache();
