import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import type { TrackReceipt, UploadRequest, UploadResource } from "@segue/contracts";
import { ApiRefusal, mayPass, UploadFailure } from "./api-errors.ts";
import { type Clock, realClock } from "./clock.ts";
import type { UploadClient } from "./upload-client.ts";

/** A file whose parts can be read in any order, and again. */
export interface FileParts {
  readonly sizeBytes: number;
  /** The bytes from `start` to before `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** What is said of a file that is uploaded, besides its size. */
export type UploadDetails = Omit<UploadRequest, "sizeBytes">;

export interface UploadResumableOptions {
  /** Of an upload that was begun before: it is gone on with. */
  readonly uploadId?: string | undefined;
  /** The same for every attempt to begin this upload. A new one when left out. */
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sent in one request, and held in memory; 8 MiB when left out. Made a multiple of what storage takes. */
  readonly chunkBytes?: number;
  /** How long nothing may come through, in ms, until it is given up for now; an hour when left out. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
  /** Told as soon as there is something to go on with: its `id` is all that is needed. */
  onBegun?(upload: UploadResource): void | Promise<void>;
  onProgress?(progress: { readonly receivedBytes: number; readonly sizeBytes: number }): void;
  /** Told why and for how long it rests. */
  onWait?(reason: string, ms: number): void;
}

const defaultChunkBytes = 8 * 1024 * 1024;
const defaultPatienceMs = 3_600_000;
/** Before what did not pass is tried again, in ms; it doubles each time that nothing has come through. */
const pauses = { first: 500, longest: 30_000 };

/**
 * Sends a file to storage directly, in parts, and makes a track of it. After a break it asks how far it is and goes on from there; begun again with its `uploadId`, also by
 * another process, it does the same.
 *
 * @throws {ApiRefusal} that no later attempt gets past (`upload-ended`, `upload-differs`, ...), or the last one where nothing came through for `patienceMs`; {NoAnswer} then;
 * {UploadFailure} where the file can't be read, or there is no such upload; the signal's reason: what has come is kept, and can be gone on with.
 */
export async function uploadResumable(
  api: UploadClient,
  file: FileParts,
  details: UploadDetails = {},
  options: UploadResumableOptions = {},
): Promise<TrackReceipt> {
  const { uploadId, idempotencyKey = randomUUID(), signal, onBegun = () => {} } = options;
  const rest = createRest(options);
  const upload = await rest.through(() =>
    uploadId === undefined
      ? api.beginUpload({ ...details, sizeBytes: file.sizeBytes }, { signal, idempotencyKey })
      : findUpload(api, uploadId, file, signal),
  );
  await onBegun(upload);
  await sendParts(api, file, upload, options, rest);
  // Whatever keeps it from being a track, its answer says.
  return rest.through(() => api.completeUpload(upload.id, { signal }));
}

async function findUpload(
  api: UploadClient,
  id: string,
  { sizeBytes }: FileParts,
  signal: AbortSignal | undefined,
): Promise<UploadResource> {
  const upload = await api.readUpload(id, { signal });
  if (!upload) throw new UploadFailure(`there is no upload ${id}`);
  if (upload.sizeBytes !== null && upload.sizeBytes !== sizeBytes)
    throw new UploadFailure(`the upload ${id} is of a file of ${upload.sizeBytes} bytes, not ${sizeBytes}`);
  return upload;
}

async function sendParts(
  api: UploadClient,
  file: FileParts,
  { sessionUrl, chunkBytes: unit, receivedBytes }: UploadResource,
  { signal, chunkBytes = defaultChunkBytes, onProgress = () => {} }: UploadResumableOptions,
  rest: Rest,
): Promise<void> {
  if (sessionUrl === null) return;
  const { sizeBytes } = file;
  const partBytes = Math.max(unit, chunkBytes - (chunkBytes % unit));
  let received = receivedBytes ?? 0;
  let isSure = true;
  const step = async () => {
    const end = isSure ? Math.min(sizeBytes, received + partBytes) : received;
    const bytes = end > received ? await readPart(file, received, end) : new Uint8Array();
    // Until it is answered: some of it may have come.
    isSure = false;
    const now = await api.sendPart(sessionUrl, { start: received, bytes, sizeBytes }, { signal });
    isSure = true;
    return now;
  };
  onProgress({ receivedBytes: received, sizeBytes });
  while (received < sizeBytes) {
    const now = await rest.through(step);
    if (now === "over") return;
    if (now > received) rest.renew();
    received = now;
    onProgress({ receivedBytes: received, sizeBytes });
  }
}

async function readPart(file: FileParts, start: number, end: number): Promise<Uint8Array> {
  const bytes = await file.read(start, end).catch((error: unknown) => {
    throw UploadFailure.from(error);
  });
  if (bytes.length === end - start) return bytes;
  throw new UploadFailure(`expected the bytes from ${start} to ${end}, got ${bytes.length} of them`);
}

/** Tries again what may pass, with pauses that grow while nothing comes through. */
interface Rest {
  through<T>(work: () => Promise<T>): Promise<T>;
  /** Something has come through. */
  renew(): void;
}

function createRest({
  signal = new AbortController().signal,
  patienceMs = defaultPatienceMs,
  clock = realClock,
  onWait = () => {},
}: UploadResumableOptions): Rest {
  let since = clock.now();
  let pauseMs = pauses.first;
  return {
    async through(work) {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          if (signal.aborted || !mayPass(error)) throw error;
          const waitMs = Math.max(pauseMs, error instanceof ApiRefusal ? (error.retryAfterMs ?? 0) : 0);
          if (clock.now() + waitMs - since > patienceMs) throw error;
          onWait(error instanceof Error ? error.message : String(error), waitMs);
          await clock.sleep(waitMs, signal);
          pauseMs = Math.min(pauses.longest, 2 * pauseMs);
        }
      }
    },
    renew() {
      since = clock.now();
      pauseMs = pauses.first;
    },
  };
}

/** A file of this machine's, to be closed by whoever opened it. @throws errors of the file system as they are. */
export async function openFileParts(path: string | Uint8Array): Promise<FileParts & AsyncDisposable> {
  const file = await open(typeof path === "string" ? path : Buffer.from(path), "r");
  try {
    const { size } = await file.stat();
    return {
      sizeBytes: size,
      async read(start, end) {
        const bytes = Buffer.allocUnsafe(end - start);
        let length = 0;
        while (length < bytes.length) {
          const { bytesRead } = await file.read(bytes, length, bytes.length - length, start + length);
          if (bytesRead === 0) break;
          length += bytesRead;
        }
        return bytes.subarray(0, length);
      },
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
