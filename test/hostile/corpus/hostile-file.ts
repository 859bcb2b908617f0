import type { ErrorCode, HttpErrorCode } from "@segue/contracts";

/** How a track that was accepted may end, or how the API refuses it. */
export type Outcome =
  | {
      readonly state: "done";
      /** Exactly these codes of warnings of the decoding, in any order; null where the damage decides. */
      readonly warnings: readonly string[] | null;
      /** What decoding must at least have found. */
      readonly facts: object;
    }
  | { readonly state: "failed"; readonly code: string }
  | { readonly state: "refused"; readonly code: string }
  /** Decoded, and then not processed to the end: never right. */
  | { readonly state: "partial"; readonly step: string; readonly code: string };

/** A file that some client will send one day, and what must become of it. */
export interface HostileFile {
  /** Unique, in words. */
  readonly name: string;
  /** What the client calls it. */
  readonly fileName: string;
  make(): Uint8Array | Promise<Uint8Array>;
  /** One; or several where the damage is random, or where builds of ffmpeg rightly differ. */
  readonly outcomes: readonly Outcome[];
}

export type Row = readonly [name: string, make: HostileFile["make"], ...outcomes: Outcome[]];

/** Rows of a table as files; a name that ends in an extension is the file's name as well. */
export function filesOf(rows: readonly Row[]): HostileFile[] {
  return rows.map(([name, make, ...outcomes]) => ({ name, fileName: "master.bin", make, outcomes }));
}

/** Processed to the end, with these warnings and no others. */
export function done(...warnings: string[]): Outcome {
  return { state: "done", warnings, facts: {} };
}

/** Processed to the end, with these facts and warnings. */
export function doneWith(facts: object, ...warnings: string[]): Outcome {
  return { state: "done", warnings, facts };
}

/** Processed to the end, with whatever warnings. */
export const doneSomehow: Outcome = { state: "done", warnings: null, facts: {} };

/** Ends in the decoder with this code. */
export function failed(code: ErrorCode): Outcome {
  return { state: "failed", code };
}

export function refused(code: HttpErrorCode): Outcome {
  return { state: "refused", code };
}

/** Where chance decides what is left of a file. */
export const anyTypedOutcome: readonly Outcome[] = [
  doneSomehow,
  failed("not-audio"),
  failed("no-audio-stream"),
  failed("no-samples-decoded"),
  failed("unsupported-codec"),
  failed("too-long"),
];
