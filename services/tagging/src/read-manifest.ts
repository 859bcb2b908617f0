import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ModelManifest } from "./model-manifest.ts";

/** Reads and checks a model directory's manifest. Small and synchronous: the step's definition needs it at import. */
export function readManifest(directory: string): ModelManifest {
  const path = join(directory, "manifest.json");
  const parsed = ModelManifest.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`${path} is not a model manifest: ${problems.join("; ")}`, { cause: parsed.error });
}
