import { type ErrorCode, errorCatalogue, type HttpErrorCode, httpErrorCatalogue } from "@segue/contracts";

/** What can go wrong before the API has accepted a file, beside the API's own refusals. */
export const localFailureCatalogue = {
  "missing-path": {
    meaning: "There is nothing at this path.",
    remedy: "Check the spelling; relative paths start at the folder that you are in.",
  },
  "unreadable-path": {
    meaning: "The file or folder exists but may not be read.",
    remedy: "Check its permissions.",
  },
  "not-a-file": {
    meaning: "The path is neither a file nor a folder.",
    remedy: "Name audio files, folders, or patterns such as 'music/**/*.flac'.",
  },
  "no-audio-found": {
    meaning: "The folder, or the pattern, holds no audio file.",
    remedy: "Name a folder with audio files; a file that is named itself is sent whatever its extension.",
  },
  "not-accepted": {
    meaning: "The API did not accept the file, however often it was sent.",
    remedy: "See the log files in the data folder, then give the file again.",
  },
  "file-changed": {
    meaning: "The file was changed while it was sent.",
    remedy: "Give it again when nothing writes to it any more.",
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

export type LocalFailureCode = keyof typeof localFailureCatalogue;
export type FailureCode = ErrorCode | HttpErrorCode | LocalFailureCode;

/** What an error means and what to do. */
export interface FailureWords {
  readonly meaning: string;
  readonly remedy: string;
}

/** Something that kept a file from its results. */
export interface FileFailure {
  /** The file as the user knows it. */
  readonly file: string;
  readonly code: string;
  readonly message: string;
  /** Where the API has told them; else the code's own hold. */
  readonly words?: FailureWords;
}

const all: Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>> = {
  ...errorCatalogue,
  ...httpErrorCatalogue,
  ...localFailureCatalogue,
};

/** What a code means and what to do; undefined for one that no catalogue lists. */
export function explainCode(code: string): FailureWords | undefined {
  return Object.hasOwn(all, code) ? all[code] : undefined;
}
