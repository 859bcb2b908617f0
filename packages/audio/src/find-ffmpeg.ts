import { createRequire } from "node:module";
import { StepError } from "@segue/contracts";
import { readAudioConfig } from "./config.ts";
import { FfmpegError } from "./ffmpeg-error.ts";
import { spawnFfmpeg } from "./spawn-ffmpeg.ts";

/** An ffmpeg that was run and answered. */
export interface Ffmpeg {
  readonly path: string;
  /** As it reports itself, as in `7.1.1-static`. */
  readonly version: string;
  readonly source: FfmpegSource;
  /** Said once where the choice is logged; null for a build with nothing to warn of. */
  readonly warning: string | null;
}

export type FfmpegSource = "FFMPEG_BIN" | "ffmpeg-static" | "PATH" | "@ffmpeg-installer/ffmpeg";

/** A build that answers at all does so within milliseconds, on an idle machine; this only catches hangs. */
const versionHangMs = 60_000;

let found: Promise<Ffmpeg> | undefined;

/**
 * The ffmpeg to use: `FFMPEG_BIN`, then the package `ffmpeg-static` where somebody installed it, then `ffmpeg` on the
 * PATH, then the package `@ffmpeg-installer/ffmpeg`. Each is checked by running it. Looked for once per thread.
 *
 * @throws {StepError} `worker-unfit` if none runs, listing what was tried; if FFMPEG_BIN is set and does not run, nothing else is
 * tried.
 * @throws {FfmpegError} if this machine cannot start programs just now: another build would be no better.
 */
export function findFfmpeg(): Promise<Ffmpeg> {
  found ??= chooseFfmpeg(readAudioConfig().ffmpegBin);
  found.catch(() => {
    found = undefined;
  });
  return found;
}

/** As `findFfmpeg`, not remembered. `ffmpegBin` is what the environment names, or null. */
export async function chooseFfmpeg(ffmpegBin: string | null): Promise<Ffmpeg> {
  if (ffmpegBin !== null) {
    const version = await readVersion(ffmpegBin);
    if (version instanceof Error) {
      const message = `FFMPEG_BIN is "${ffmpegBin}": expected an ffmpeg that runs, but ${version.message}`;
      throw new StepError("worker-unfit", message);
    }
    return { path: ffmpegBin, version, source: "FFMPEG_BIN", warning: null };
  }
  const tried: string[] = [];
  for (const { source, locate } of candidates) {
    const path = locate();
    const version = path === null ? new Error("not installed") : await readVersion(path);
    if (path === null || version instanceof Error) {
      tried.push(`${source}: ${version instanceof Error ? version.message : version}`);
      continue;
    }
    return { path, version, source, warning: warningFor(source) };
  }
  throw new StepError("worker-unfit", `no ffmpeg found; set FFMPEG_BIN to one. Tried ${tried.join("; ")}`);
}

const candidates: readonly { source: FfmpegSource; locate: () => string | null }[] = [
  { source: "ffmpeg-static", locate: () => packagedPath("ffmpeg-static") },
  { source: "PATH", locate: () => "ffmpeg" },
  { source: "@ffmpeg-installer/ffmpeg", locate: () => packagedPath("@ffmpeg-installer/ffmpeg") },
];

function warningFor(source: FfmpegSource): string | null {
  if (source !== "@ffmpeg-installer/ffmpeg") return null;
  return "this ffmpeg was built in 2018: fine to try things out, not for files of strangers; set FFMPEG_BIN to a current one";
}

/** Both packages name their binary when they are required: one as a string, one as `{ path }`; null if absent. */
function packagedPath(name: string): string | null {
  try {
    const exported: unknown = createRequire(import.meta.url)(name);
    if (typeof exported === "string") return exported;
    if (typeof exported === "object" && exported !== null && "path" in exported) {
      return typeof exported.path === "string" ? exported.path : null;
    }
    return null;
  } catch {
    return null;
  }
}

/** Which build is used must not depend on how busy the machine was when it was looked for. */
function saysNothingAboutBuild({ reason, cause }: FfmpegError): boolean {
  if (reason === "spawn") return cause instanceof Error && "code" in cause && cause.code !== "ENOENT";
  return reason === "timeout" || reason === "machine";
}

async function readVersion(path: string): Promise<string | Error> {
  try {
    let text = "";
    await spawnFfmpeg(path, ["-version"], {
      hangMs: versionHangMs,
      onStdout: (chunk) => {
        if (text.length < 4096) text += chunk.toString("latin1");
      },
    });
    const version = /^ffmpeg version (\S+)/.exec(text)?.[1];
    return version ?? new Error("it does not answer as ffmpeg does");
  } catch (error) {
    if (error instanceof FfmpegError && saysNothingAboutBuild(error)) throw error;
    return error instanceof Error ? error : new Error(String(error));
  }
}
