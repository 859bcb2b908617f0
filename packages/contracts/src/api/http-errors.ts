import { z } from "zod";
import { type ErrorCode, errorCatalogue, errorCodes, errorFamilies } from "../errors.ts";
import { Name } from "../ids.ts";
import { openEnum } from "../open-enum.ts";
import type { StepSpec } from "../step-spec.ts";

interface HttpErrorEntry {
  readonly status: number;
  readonly meaning: string;
  readonly remedy: string;
}

/** What a request may be refused with: the codes of the API itself, beside the outcomes in `errorCatalogue`. */
export const httpErrorCatalogue = {
  "invalid-request": {
    status: 400,
    meaning: "The request is not in the expected form.",
    remedy: "Compare it with the description at /openapi.json.",
  },
  "upload-cut": {
    status: 400,
    meaning: "The connection ended before the whole file had come; nothing was kept.",
    remedy: "Send the file again.",
  },
  "key-required": {
    status: 401,
    meaning: "This API takes requests with a key only, and none came.",
    remedy: "Send a key: `Authorization: Bearer sk_...`.",
  },
  "key-refused": {
    status: 401,
    meaning: "The key is none that is taken: it is not known, is over, or was withdrawn.",
    remedy: "Compare it with what you were given, or have a new one made.",
  },
  "scope-missing": {
    status: 403,
    meaning: "The key is known, and is not for this.",
    remedy: "Use a key with the scope that is named, or have one made.",
  },
  "foreign-origin": {
    status: 403,
    meaning: "A web page of another site may not write here; nothing was done.",
    remedy: "Send it from a program, or from a page of the API's own host.",
  },
  "not-found": {
    status: 404,
    meaning: "There is nothing at this address.",
    remedy: "Check the id; what is still being made appears when its step is done.",
  },
  "not-renderable": {
    status: 404,
    meaning: "The file is there, and is not in the form that this rendering of it is made from.",
    remedy: "Fetch the file itself; if its kind declares the rendering, report the step that made it.",
  },
  "method-not-allowed": {
    status: 405,
    meaning: "What is at this address does not know this method.",
    remedy: "Use one of those that Allow names.",
  },
  "request-stalled": {
    status: 408,
    meaning: "The request came too slowly, or stopped coming; nothing was done.",
    remedy: "Send it again over a better connection.",
  },
  "upload-stalled": {
    status: 408,
    meaning: "The file came too slowly, or stopped coming; nothing was kept.",
    remedy: "Send it again over a better connection.",
  },
  conflict: {
    status: 409,
    meaning: "The request contradicts an earlier one with the same id.",
    remedy: "Use a new id for a new request, or repeat the earlier one unchanged.",
  },
  "no-vector": {
    status: 409,
    meaning: "The track has no vector by which it could be compared with others.",
    remedy:
      "Have one of the kinds that are named made for it (`segue make --targets KIND`), and ask again some seconds later.",
  },
  "already-started": {
    status: 409,
    meaning: "Some of what was asked of the track has begun, or has ended: it can't be cancelled any more.",
    remedy: "Let it come to its end, or delete the track.",
  },
  "upload-incomplete": {
    status: 409,
    meaning: "Not all bytes of the file have come yet; what has come is kept.",
    remedy: "Send the rest to the upload's session, from where the detail says, and complete it then.",
  },
  "upload-accepted": {
    status: 409,
    meaning: "The upload has become a track: it can't be given up any more.",
    remedy: "Delete the track.",
  },
  "upload-differs": {
    status: 409,
    meaning: "What was sent is not what was announced: its size or its checksum is another. It was not kept.",
    remedy: "Begin another upload with the size and checksum of the file, and send it again.",
  },
  "upload-ended": {
    status: 410,
    meaning:
      "The upload's session is over before the file was whole: it has expired, or storage refused what came.",
    remedy: "Begin another upload, and send the file again from its start.",
  },
  "cursor-expired": {
    status: 410,
    meaning: "What has happened since this cursor is not kept any more, or the feed was begun anew.",
    remedy: "Read the tracks as they are now (`/v1/tracks`), after a cursor for what follows (`since=now`).",
  },
  "track-deleted": {
    status: 410,
    meaning: "The track was deleted, or cancelled, or its master was taken down.",
    remedy: "Send the file again, unless it was taken down; forget the id.",
  },
  "precondition-failed": {
    status: 412,
    meaning: "What the request's If-Match or If-Unmodified-Since expects is not what is there.",
    remedy: "Fetch what is there now, or leave the condition out.",
  },
  "request-too-large": {
    status: 413,
    meaning: "The body is larger than this route takes; nothing was done.",
    remedy: "Send less at once.",
  },
  "upload-too-large": {
    status: 413,
    meaning: "The file is larger than the configured limit; nothing was kept.",
    remedy: "Send a smaller file, or have the limit raised.",
  },
  "url-too-long": {
    status: 414,
    meaning: "The URL, or a part of it, is longer than any that leads somewhere.",
    remedy: "Ask for less at once.",
  },
  "unsupported-media-type": {
    status: 415,
    meaning: "A request body of this content type is not taken here.",
    remedy:
      "Send multipart/form-data with a field `file`, the bytes as audio/* or application/octet-stream, or JSON; a batch as application/x-ndjson.",
  },
  "range-not-satisfiable": {
    status: 416,
    meaning: "The requested range lies outside the file.",
    remedy: "Ask for a range within the file's size.",
  },
  "expectation-failed": {
    status: 417,
    meaning: "The request's Expect header asks for what this service does not do.",
    remedy: "Leave it out, or send `100-continue`.",
  },
  "unknown-host": {
    status: 421,
    meaning: "The API was asked for under a name that is not its own; nothing was done.",
    remedy: "Ask for it as localhost or 127.0.0.1, or have the name added to SEGUE_API_HOSTS.",
  },
  "idempotency-key-reused": {
    status: 422,
    meaning: "The Idempotency-Key was used before, for another request; nothing was done.",
    remedy: "Use a new key for a new request, or repeat the earlier one unchanged.",
  },
  "source-forbidden": {
    status: 422,
    meaning: "The named source may not be fetched from here.",
    remedy: "Use an https:// URL on a public host, or a gs:// object.",
  },
  "rate-limited": {
    status: 429,
    meaning: "The key has sent more requests than it may for the moment; nothing was done.",
    remedy: "Send it again after the time that Retry-After names.",
  },
  "quota-exceeded": {
    status: 429,
    meaning: "The key has sent as many tracks or bytes as it may on one day; nothing was accepted.",
    remedy: "Send it again after the time that Retry-After names, or have the quota raised.",
  },
  "too-many-uploads": {
    status: 429,
    meaning: "This instance of the API takes in as many files as it may at once; nothing was accepted.",
    remedy: "Send it again after the time that Retry-After names.",
  },
  "too-many-streams": {
    status: 429,
    meaning:
      "This instance of the API holds as many requests open that wait for something, or sends as many exports, as it may: of all, of one address or of one owner.",
    remedy: "Ask again after the time that Retry-After names, or follow several tracks by one request.",
  },
  "headers-too-large": {
    status: 431,
    meaning: "The request's line and header fields are larger than 16 KiB together.",
    remedy: "Send fewer or shorter ones.",
  },
  "master-taken-down": {
    status: 451,
    meaning: "These very bytes were taken down here, and are not taken in again.",
    remedy: "Do not send them again; ask whoever operates the fleet.",
  },
  internal: {
    status: 500,
    meaning: "A defect of the service.",
    remedy: "Report it with the request's id (`requestId`, X-Request-Id).",
  },
  unavailable: {
    status: 503,
    meaning:
      "Something that the service needs does not answer; the request may or may not have been carried out.",
    remedy:
      "Try again after the time that Retry-After names; under the same Idempotency-Key nothing is made twice.",
  },
  "storage-full": {
    status: 507,
    meaning: "There is no room for the file; nothing was accepted.",
    remedy: "Try again when there is room: its operator has to make some.",
  },
} as const satisfies Record<string, HttpErrorEntry>;

export type HttpErrorCode = keyof typeof httpErrorCatalogue;
export const httpErrorCodes = Object.keys(httpErrorCatalogue) as readonly HttpErrorCode[];

/** An error's answer: problem details as RFC 9457 has them, with a code of the catalogue. */
export const Problem = z
  .object({
    type: z
      .string()
      .describe("URI reference that identifies the code; it leads to its entry in the catalogue"),
    title: z.string().describe("what the code means"),
    status: z.int().describe("the HTTP status"),
    code: openEnum(httpErrorCodes).describe("of the catalogue at `/v1/errors`; others may come"),
    detail: z.string().describe("what was expected and what came"),
    remedy: z.string().describe("what can be done"),
    requestId: z
      .string()
      .optional()
      .describe("of the request, as X-Request-Id and the service's log lines have it"),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/** The problem document for a code. */
export function describeProblem(code: HttpErrorCode, detail: string, requestId?: string): Problem {
  const { status, meaning, remedy } = httpErrorCatalogue[code];
  const problem = { type: `/v1/errors#${code}`, title: meaning, status, code, detail, remedy };
  return requestId === undefined ? problem : { ...problem, requestId };
}

/** An entry of the catalogue as `GET /v1/errors` lists it. */
export const ErrorDescription = z
  .object({
    code: openEnum([...errorCodes, ...httpErrorCodes]).describe("others may come"),
    kind: openEnum(["outcome", "request"]).describe(
      "outcome: of a step for a track; request: of an API call",
    ),
    family: openEnum(errorFamilies)
      .nullable()
      .describe(
        "of an outcome: permanent: ends the step; transient: is retried; worker: goes back to the queue and counts for nothing",
      ),
    step: Name.nullable().describe("whose own code it is; null for the codes that all share"),
    status: z.int().nullable().describe("of a request: the HTTP status"),
    meaning: z.string().describe("what the code means"),
    remedy: z.string().describe("what can be done"),
  })
  .meta({ id: "ErrorDescription" });
export type ErrorDescription = z.infer<typeof ErrorDescription>;

/** What `GET /v1/errors` answers. */
export const ErrorList = z.object({
  errors: z.array(ErrorDescription).describe("outcomes of steps first, then refusals of requests"),
});
export type ErrorList = z.infer<typeof ErrorList>;

/** Every code there is. @param steps whose own errors are told too. */
export function describeErrors(steps: readonly Pick<StepSpec, "name" | "errors">[] = []): ErrorDescription[] {
  return [
    ...errorCodes.map((code: ErrorCode) => {
      const { family, meaning, remedy } = errorCatalogue[code];
      return { code, kind: "outcome" as const, family, step: null, status: null, meaning, remedy };
    }),
    ...steps.flatMap((step) =>
      (step.errors ?? []).map((error) => {
        return { ...error, kind: "outcome", family: "permanent" as const, step: step.name, status: null };
      }),
    ),
    ...httpErrorCodes.map((code) => {
      const { status, meaning, remedy } = httpErrorCatalogue[code];
      return { code, kind: "request" as const, family: null, step: null, status, meaning, remedy };
    }),
  ];
}
