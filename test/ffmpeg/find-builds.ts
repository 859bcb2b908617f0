import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { chooseFfmpeg } from "@segue/audio";

/** An ffmpeg of this machine, by a name that a report can use. */
export interface Build {
  readonly name: string;
  readonly path: string;
  readonly version: string;
}

export interface FoundBuilds {
  readonly builds: readonly Build[];
  /** What was looked for and is not here, in words. */
  readonly missing: readonly string[];
}

const askPython = 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe(), end="")';

/** Where builds of different ages are found: the path, or an error that says why there is none. */
const places: Readonly<Record<string, () => Promise<string>>> = {
  "the bundled one of 2018": async () => {
    const bundled: { readonly path: string } = requireFromAudio("@ffmpeg-installer/ffmpeg");
    return bundled.path;
  },
  "the distribution's": async () => "ffmpeg",
  "ffmpeg-static's": async () => requireFromAudio("ffmpeg-static"),
  "PyPI's imageio-ffmpeg": async () => (await promisify(execFile)("python3", ["-c", askPython])).stdout,
};

function requireFromAudio(name: string) {
  return createRequire(new URL("../../packages/audio/package.json", import.meta.url))(name);
}

/**
 * All builds of ffmpeg that are here: those that `places` lists, and `named` (paths), where a version stands for itself once.
 * @throws {Error} if one of `named` is no ffmpeg that runs.
 */
export async function findBuilds(named: readonly string[]): Promise<FoundBuilds> {
  const builds: Build[] = [];
  const missing: string[] = [];
  const add = async (name: string, path: string) => {
    const { version } = await chooseFfmpeg(path);
    if (!builds.some((build) => build.version === version)) builds.push({ name, path, version });
  };
  for (const path of named) await add(path, path);
  for (const [name, locate] of Object.entries(places)) {
    try {
      await add(name, await locate());
    } catch {
      missing.push(name);
    }
  }
  return { builds, missing };
}
