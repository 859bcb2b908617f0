import { hasAudioExtension } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { expandPaths } from "../start/expand-paths.ts";
import { SendFailure, statFile } from "../start/send-file.ts";
import type { ManifestEntry } from "./read-manifest.ts";
import { type BadSource, isRemoteName, type TrackSource } from "./track-source.ts";

export interface FindOptions {
  readonly cwd: string;
  /** Opened when a `gs://` prefix is to be listed. */
  openStore(): Promise<ObjectStore>;
}

/** What arguments stand for: files, folders, patterns; `gs://` prefixes, which are listed; `gs://` and `https://` objects. */
export async function* findSources(
  names: readonly string[],
  options: FindOptions,
): AsyncGenerator<TrackSource | BadSource> {
  for (const name of names) {
    if (isPrefix(name)) yield* listPrefix(name, await options.openStore());
    else if (isRemoteName(name)) yield remote(name);
    else yield* findFiles(name, options.cwd);
  }
}

/** The sources that a manifest names; relative paths start at `cwd`. */
export async function* resolveEntries(
  entries: AsyncIterable<ManifestEntry | BadSource>,
  options: FindOptions,
): AsyncGenerator<TrackSource | BadSource> {
  for await (const entry of entries) {
    if ("code" in entry) {
      yield entry;
      continue;
    }
    const { source: named, title, metadata, targets } = entry;
    // A manifest names objects: only a slash at the end says that all below it is meant.
    if (named.startsWith("gs://") && !named.endsWith("/")) {
      yield { ...remote(named), title, metadata, targets };
      continue;
    }
    for await (const source of findSources([named], options))
      yield "code" in source ? source : { ...source, title, metadata, targets };
  }
}

/** A `gs://` address that ends in a slash, or is a bucket, or names no audio file, stands for all audio below it. */
function isPrefix(name: string): boolean {
  return name.startsWith("gs://") && (name.endsWith("/") || !hasAudioExtension(name));
}

async function* listPrefix(name: string, store: ObjectStore): AsyncGenerator<TrackSource | BadSource> {
  const [bucket = "", ...rest] = name.slice("gs://".length).split("/");
  let found = 0;
  try {
    for await (const object of store.walkObjects({ bucket, prefix: rest.join("/") })) {
      if (!hasAudioExtension(object.name)) continue;
      found += 1;
      yield remote(`gs://${bucket}/${object.name}`, object.sizeBytes, object.updatedAt.getTime());
    }
  } catch (error) {
    yield { name, code: "unreadable-path", message: error instanceof Error ? error.message : String(error) };
    return;
  }
  if (found === 0) yield { name, code: "no-audio-found", message: "no object below it is named as audio" };
}

function remote(name: string, sizeBytes = 0, mtimeMs = 0): TrackSource {
  return { name, isRemote: true, version: { path: name, sizeBytes, mtimeMs } };
}

async function* findFiles(name: string, cwd: string): AsyncGenerator<TrackSource | BadSource> {
  const { files, failures } = await expandPaths([name], cwd);
  for (const { file, code, message } of failures) yield { name: file, code, message };
  for (const path of files) {
    try {
      yield { name: path, isRemote: false, version: await statFile(path) };
    } catch (error) {
      if (!(error instanceof SendFailure)) throw error;
      yield { name: path, code: error.code, message: error.message };
    }
  }
}
