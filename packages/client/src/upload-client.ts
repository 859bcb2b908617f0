import type { TrackReceipt, UploadRequest, UploadResource } from "@segue/contracts";
import type { CallOptions, SubmitOptions } from "./call-options.ts";

/** A part of a file, on its way to an upload's session. */
export interface SentPart {
  /** Where in the file it begins. */
  readonly start: number;
  /** None: it is only asked how far the session is. */
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly sizeBytes: number;
}

/** Files that go to storage directly: see `uploadResumable`, which does all of it. */
export interface UploadClient {
  /** Begins an upload. The answer has the URL of its session, which is a secret. */
  beginUpload(body: UploadRequest, options?: SubmitOptions): Promise<UploadResource>;
  /** How far it is; undefined if the API knows no such upload. */
  readUpload(id: string, options?: CallOptions): Promise<UploadResource | undefined>;
  /** Makes a track of it. Safe to repeat. @throws {ApiRefusal} `upload-incomplete`, `upload-ended`, `upload-differs`. */
  completeUpload(id: string, options?: CallOptions): Promise<TrackReceipt>;
  /** Gives it up. @returns whether there was one. @throws {ApiRefusal} `upload-accepted`: it is a track. */
  giveUpUpload(id: string, options?: CallOptions): Promise<boolean>;
  /**
   * Sends a part of a file to a session, which is storage's and not the API's; no key goes there.
   *
   * @returns how many bytes have come in a row from the start; `over`: the session takes no more, for good.
   * @throws {NoAnswer} {ApiRefusal} of a storage that is busy or away.
   */
  sendPart(sessionUrl: string, part: SentPart, options?: CallOptions): Promise<number | "over">;
}
