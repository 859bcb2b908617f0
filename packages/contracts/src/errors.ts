/**
 * Decides delivery. `permanent`: the file's or the step's fault, ends a track's branch at the first attempt. `transient`: may
 * pass, is retried and counted. `worker`: the fault of the worker or its machine, goes back to the queue and counts for nothing.
 */
export const errorFamilies = ["permanent", "transient", "worker"] as const;
export type ErrorFamily = (typeof errorFamilies)[number];

/**
 * The catalogue of outcomes that are errors: what each means and what the user can do. Closed where codes are written (a
 * step may declare its own, see `defineError`), open where they are read: a younger release, or a research team, has more.
 */
export const errorCatalogue = {
  "empty-file": {
    family: "permanent",
    meaning: "The file has no bytes.",
    remedy: "Send the file again; check the upload on the sending side.",
  },
  "not-audio": {
    family: "permanent",
    meaning: "The bytes are not in any audio or video format that can be read.",
    remedy: "Send an audio file (WAV, FLAC, MP3, AAC, Ogg, ...).",
  },
  "no-audio-stream": {
    family: "permanent",
    meaning: "The file is readable but holds no audio stream.",
    remedy: "Send a file with an audio stream.",
  },
  "no-samples-decoded": {
    family: "permanent",
    meaning: "An audio stream was found, but not one sample could be decoded from it.",
    remedy: "The file is damaged or cut off before its first frame; send an intact copy.",
  },
  "unsupported-codec": {
    family: "permanent",
    meaning:
      "The audio is of a kind that can't be decoded: its codec, its number of channels or its sample rate.",
    remedy: "Convert the file to a common format.",
  },
  "forbidden-input": {
    family: "permanent",
    meaning: "The file refers to other files or addresses (a playlist, a session description).",
    remedy: "Send the audio itself; nothing is fetched on a file's behalf.",
  },
  "too-long": {
    family: "permanent",
    meaning: "The decoded audio is longer than the configured limit.",
    remedy: "Split the file, or raise the limit.",
  },
  "source-not-found": {
    family: "permanent",
    meaning: "The named source does not exist or may not be read.",
    remedy: "Check the source's URL and its access rights.",
  },
  "source-refused": {
    family: "permanent",
    meaning: "The named source, or where it led, may not be fetched from here.",
    remedy: "Use an https:// URL on a public host, or a gs:// object in a bucket that is let in.",
  },
  "source-undecodable": {
    family: "permanent",
    meaning: "The named source comes in a content coding that can't be taken off.",
    remedy: "Have it served as it is, or in gzip, deflate or br, and replay the track.",
  },
  "source-away": {
    family: "transient",
    meaning: "The named source did not answer, broke off, or answered with an error.",
    remedy:
      "It is tried again, with pauses that grow to a quarter of an hour; if it stays so, mend the source and replay the track.",
  },
  "source-differs": {
    family: "permanent",
    meaning: "The file that was sent is not the one that was announced: its SHA-256 is another.",
    remedy: "Send it again, with the SHA-256 of what is sent.",
  },
  "too-large": {
    family: "permanent",
    meaning: "The file is larger than the configured limit.",
    remedy: "Send a smaller file, or raise the limit.",
  },
  "invalid-output": {
    family: "permanent",
    meaning: "A step returned a result that does not match its own schema.",
    remedy: "This is a defect of the step: report it with the track's id.",
  },
  "malformed-message": {
    family: "permanent",
    meaning: "A message could not be parsed.",
    remedy: "Look at the dead-letter entry: it holds the message and the reason.",
  },
  "time-budget-exceeded": {
    family: "transient",
    meaning: "An attempt used more wall time than the step's budget.",
    remedy: "It is retried; if it stays so, the step's budget or the file is at fault.",
  },
  starved: {
    family: "transient",
    meaning:
      "An attempt ran out of time because it got too little of the machine or of storage: it mostly waited.",
    remedy:
      "It is retried, with pauses that grow to a quarter of an hour, until the machine has time for it; if it stays so, the fleet needs more or larger nodes.",
  },
  "memory-budget-exceeded": {
    family: "transient",
    meaning: "An attempt used more memory than the step's budget.",
    remedy: "It is retried; if it stays so, the step's budget or the file is at fault.",
  },
  "worker-crashed": {
    family: "transient",
    meaning: "The worker thread or process ended in the middle of an attempt.",
    remedy: "It is retried on another worker.",
  },
  "storage-unavailable": {
    family: "transient",
    meaning: "Object storage did not answer, or answered with an error.",
    remedy: "It is retried with backoff.",
  },
  aborted: {
    family: "transient",
    meaning: "The attempt was stopped because the worker is draining.",
    remedy: "Another worker takes it over; nothing needs doing.",
  },
  "worker-unfit": {
    family: "worker",
    meaning:
      "The worker's machine could not do its part: a full disk, no memory, no file or process to be had.",
    remedy:
      "The message went back and counts for nothing; the worker takes no more until its machine is well. Nothing is lost. Work that makes one worker after the other unfit is given up in the end.",
  },
  "worker-outdated": {
    family: "worker",
    meaning: "The message asks for more than this worker's release knows: it is for a younger one.",
    remedy: "The message went back; a younger worker takes it. If there is none, finish the deployment.",
  },
  "step-failed": {
    family: "transient",
    meaning: "The step threw an error that it did not classify.",
    remedy: "It is retried; the last error is in the story.",
  },
  "retries-exhausted": {
    family: "permanent",
    meaning: "Every attempt failed; the message was dead-lettered with its whole story.",
    remedy: "Read the story, mend the cause, replay the track.",
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  family: ErrorFamily;
  meaning: string;
  remedy: string;
}

export type ErrorCode = keyof typeof errorCatalogue;
type CodeOf<F extends ErrorFamily> = {
  [C in ErrorCode]: (typeof errorCatalogue)[C]["family"] extends F ? C : never;
}[ErrorCode];
export type PermanentCode = CodeOf<"permanent">;
export type TransientCode = CodeOf<"transient">;

export const errorCodes = Object.keys(errorCatalogue) as readonly ErrorCode[];

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCatalogue, code);
}
