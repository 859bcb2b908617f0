import type { ClientMetadata } from "@segue/contracts";
import type { FileVersion } from "../start/journal.ts";

/** Something to submit: a file of this machine, whose bytes are sent, or an address that the API fetches from. */
export interface TrackSource {
  /** As the user knows it: a path, `gs://` or `https://`. */
  readonly name: string;
  /** What the journal knows it by. For an address that says nothing of its size and age, both are 0. */
  readonly version: FileVersion;
  readonly isRemote: boolean;
  readonly title?: string | undefined;
  readonly metadata?: ClientMetadata | undefined;
  readonly targets?: readonly string[] | undefined;
}

/** What can't be submitted, and why. */
export interface BadSource {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Sources come one after the other: however many there are, few are held. */
export type Sources = AsyncIterable<TrackSource | BadSource>;

export function isBad(source: TrackSource | BadSource): source is BadSource {
  return "code" in source;
}

export function isRemoteName(name: string): boolean {
  return /^(gs|https):\/\//.test(name);
}
