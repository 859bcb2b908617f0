import { type File, Storage } from "@google-cloud/storage";
import { createCrc32c } from "./crc32c.ts";
import type { ObjectRef } from "./object.ts";
import { limitTime, retryUnavailable } from "./retry.ts";

export type ObjectStoreOptions = {
  readonly projectId: string;
  /** Where the JSON API is, without a path; Google's own, with default credentials, when left out. */
  readonly apiEndpoint?: string | undefined;
  /** A call with no answer, or a transfer with no byte, for this long has failed; retries end then too. Default 15 s. */
  readonly requestTimeoutMs?: number | undefined;
};

/** What every operation of the store works with. */
export type Connection = {
  readonly client: Storage;
  readonly requestTimeoutMs: number;
  file(ref: ObjectRef): File;
  /** Where what storage has named is at present: an endpoint of one's own may have moved since. */
  present(url: string): URL;
  /** The headers that authorise a request; none when the endpoint is not Google's own, as in the client itself. */
  authorize(): Promise<Record<string, string>>;
  /** One call, limited in time, tried again while storage is unavailable. */
  call<T>(what: string, request: () => Promise<T>): Promise<T>;
};

/** Names an object in messages, the way people write it. */
export function formatRef(ref: ObjectRef): string {
  return `gs://${ref.bucket}/${ref.name}`;
}

/** Opens the client. Nothing is sent before the first operation. */
export function createConnection(options: ObjectStoreOptions): Connection {
  const requestTimeoutMs = options.requestTimeoutMs ?? 15_000;
  const client = new Storage({
    projectId: options.projectId,
    crc32cGenerator: createCrc32c,
    // The client's own first retry comes after 2 to 3 s, a good part of a step's budget: ours come after 0.1 s.
    retryOptions: { autoRetry: false, maxRetries: 0, totalTimeout: requestTimeoutMs / 1000 },
    ...(options.apiEndpoint === undefined ? {} : { apiEndpoint: options.apiEndpoint }),
  });
  return {
    client,
    requestTimeoutMs,
    authorize: async () =>
      options.apiEndpoint === undefined
        ? Object.fromEntries(await client.authClient.getRequestHeaders())
        : {},
    present: (url) => {
      const named = new URL(url);
      return options.apiEndpoint === undefined
        ? named
        : new URL(`${named.pathname}${named.search}`, options.apiEndpoint);
    },
    file: (ref) => client.bucket(ref.bucket).file(ref.name),
    call: (what, request) =>
      retryUnavailable(what, requestTimeoutMs, () => limitTime(what, requestTimeoutMs, request())),
  };
}
