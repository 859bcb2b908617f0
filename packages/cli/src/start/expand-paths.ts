import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { hasAudioExtension } from "@segue/contracts";
import { glob, isDynamicPattern } from "tinyglobby";
import { findLossy } from "./find-lossy.ts";
import type { FileFailure, LocalFailureCode } from "./local-failures.ts";
import { bytesOfPath, pathOfBytes } from "./path-bytes.ts";

export interface ExpandedPaths {
  /** Absolute, each once, in the order in which they were named; folders in the order of their names. */
  readonly files: readonly string[];
  /** What could not be used. */
  readonly failures: readonly FileFailure[];
  readonly skipped: SkippedFiles;
}

/** What lies in folders and is not audio by its name, or no file: why stands behind its path then. */
export interface SkippedFiles {
  readonly count: number;
  /** The first few. */
  readonly examples: readonly string[];
}

const maxSkippedExamples = 5;

/**
 * Finds the files that paths stand for: a file is itself, a folder is all audio in it and below it, a pattern is what it
 * matches. A path that exists is never taken for a pattern.
 *
 * @param cwd absolute; relative paths start here.
 * @param onFound is told how many files there are so far.
 */
export async function expandPaths(
  paths: readonly string[],
  cwd: string,
  onFound: (count: number) => void = () => {},
): Promise<ExpandedPaths> {
  const files = new Set<string>();
  const failures: FileFailure[] = [];
  const skipped = { count: 0, examples: [] as string[] };
  const context: Expansion = {
    cwd,
    add(file) {
      files.add(file);
      onFound(files.size);
    },
    fail(file, code, message) {
      failures.push({ file, code, message });
    },
    skip(path, why) {
      skipped.count++;
      if (skipped.examples.length >= maxSkippedExamples) return;
      skipped.examples.push(`${shownPath(path, cwd)}${why === null ? "" : ` (${why})`}`);
    },
  };
  for (const path of paths) await expandArgument(path, context);
  return { files: [...files], failures, skipped };
}

/** Relative where that is shorter to read: inside of the user's folder. */
export function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside.startsWith("..") ? path : inside;
}

interface Expansion {
  readonly cwd: string;
  add(file: string): void;
  /** @param why it is no file; null where it is one. */
  skip(path: string, why: string | null): void;
  fail(file: string, code: LocalFailureCode, message: string): void;
}

async function expandArgument(path: string, context: Expansion): Promise<void> {
  const found = await statPath(resolve(context.cwd, path));
  if (found.stats) return expandExisting(path, found.stats, context);
  if (found.code !== "ENOENT" && found.code !== "ENOTDIR" && found.code !== "ENAMETOOLONG") {
    return context.fail(path, "unreadable-path", `expected a readable file or folder, got ${found.code}`);
  }
  const lossy = await findLossy(resolve(context.cwd, path));
  if (lossy.length > 0) {
    for (const found of lossy) await expandArgument(found, context);
    return;
  }
  if (!isDynamicPattern(path)) {
    return context.fail(
      path,
      "missing-path",
      `expected an audio file, a folder or a pattern; ${resolve(context.cwd, path)} does not exist`,
    );
  }
  const matches = await glob(path, { cwd: context.cwd, absolute: true, onlyFiles: false });
  if (matches.length === 0) {
    return context.fail(path, "no-audio-found", `the pattern matches nothing in ${context.cwd}`);
  }
  for (const match of matches.sort(byName)) {
    const { stats } = await statPath(match);
    // A pattern's folders are entered only by the pattern itself: `**` would otherwise find everything twice.
    if (stats?.isFile()) context.add(resolve(match));
    else if (!stats) for (const found of await findLossy(resolve(match))) context.add(found);
  }
}

async function expandExisting(path: string, stats: Stats, context: Expansion): Promise<void> {
  const absolute = resolve(context.cwd, path);
  if (stats.isFile()) return context.add(absolute);
  if (!stats.isDirectory()) {
    return context.fail(path, "not-a-file", "expected a file or a folder, got a device, pipe or socket");
  }
  const { audio, others, unreadable } = await expandFolder(absolute, context);
  if (audio > 0 || unreadable > 0) return;
  const there = others === 0 ? "it is empty" : `none of its ${others} files has an audio file's extension`;
  context.fail(path, "no-audio-found", `expected audio files in the folder or below it; ${there}`);
}

interface FolderCount {
  audio: number;
  others: number;
  unreadable: number;
}

/** Hidden files and folders are left out: among them are the `._` shadows that macOS leaves beside audio. */
async function expandFolder(root: string, context: Expansion): Promise<FolderCount> {
  const count: FolderCount = { audio: 0, others: 0, unreadable: 0 };
  const visit = async (folder: string): Promise<void> => {
    const options = { withFileTypes: true, encoding: "buffer" } as const;
    const entries = await readdir(bytesOfPath(folder), options).catch((error: unknown) => {
      count.unreadable++;
      context.fail(
        relative(context.cwd, folder) || ".",
        "unreadable-path",
        `expected a readable folder, got ${errorCode(error)}`,
      );
      return [];
    });
    const named = entries.map((entry) => ({ entry, name: pathOfBytes(entry.name) }));
    for (const { entry, name } of named.sort((a, b) => byName(a.name, b.name))) {
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      if (entry.isDirectory()) {
        await visit(path);
        continue;
      }
      const whyNot = await whyNoFile(entry, path);
      if (whyNot === null && hasAudioExtension(name)) {
        count.audio++;
        context.add(path);
      } else {
        count.others++;
        context.skip(path, whyNot);
      }
    }
  };
  await visit(root);
  return count;
}

/** Null for a file, or a link to one. Links to folders are not entered: they may lead round in circles. */
async function whyNoFile(entry: Dirent<Buffer>, path: string): Promise<string | null> {
  if (entry.isFile()) return null;
  if (!entry.isSymbolicLink()) return "no file, but a pipe, socket or device";
  const { stats } = await statPath(path);
  if (!stats) return "a broken link";
  if (stats.isDirectory()) return "a link to a folder";
  return stats.isFile() ? null : "a link to a pipe, socket or device";
}

async function statPath(path: string): Promise<{ stats?: Stats; code?: string }> {
  try {
    return { stats: await stat(bytesOfPath(path)) };
  } catch (error) {
    return { code: errorCode(error) };
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

const collator = new Intl.Collator("en", { numeric: true });
const byName = (a: string, b: string) => collator.compare(a, b);
