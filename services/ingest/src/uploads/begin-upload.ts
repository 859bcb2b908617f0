import type { OpenUpload } from "@segue/artifacts";
import { createId, digestFor, TrackId, type UploadRequest } from "@segue/contracts";
import { ObjectNotFoundError } from "@segue/store";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import type { ApiContext } from "../api-context.ts";
import { countAccepted, requireRoom } from "../keys/quotas.ts";
import { nameHint } from "../name-hint.ts";
import type { Undertaking } from "../once/answer-once.ts";
import type { OwnKey } from "../once/keyed-requests.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import { uploadUrl } from "./describe-upload.ts";

/** As long as Cloud Storage keeps a session. */
const sessionMs = 7 * 86_400_000;

const UploadPlan = z.object({ uploadId: TrackId });

/** The request that asks for an upload. */
export interface AskedWith {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The key that it came under; undefined: the same, sent again, is about another upload. */
  readonly key: OwnKey | undefined;
}

/**
 * Has an upload begun, once. It counts as a track from here on, with the size that it says: whoever may send no more is told before a byte is sent. Its answer is
 * kept without the session's URL, which is in the uploads bucket alone.
 *
 * @throws {ProblemError} `upload-too-large`, `invalid-request`.
 */
export function undertakeUpload(
  context: ApiContext,
  body: UploadRequest,
  { request, reply, key }: AskedWith,
): Undertaking<typeof UploadPlan> {
  const { sizeBytes, sha256 } = body;
  const { maxBytes } = context.config.pace;
  if (sizeBytes > maxBytes)
    throw new ProblemError("upload-too-large", `sizeBytes: expected at most ${maxBytes}, got ${sizeBytes}`);
  planTargets(context, body.targets);
  return {
    request: { route: "POST /v1/uploads", ...body },
    plan: UploadPlan,
    async decide() {
      await requireRoom(context, request, sizeBytes);
      if (sha256 !== undefined) await context.refused.require(sha256);
      return { uploadId: createId(context.now()) };
    },
    async carryOut({ uploadId }) {
      const counted = { trackId: uploadId, sizeBytes, isRepeatable: key !== undefined };
      await countAccepted(context, request, reply, counted, () =>
        openUpload(context, body, { uploadId, request, key }),
      );
      return { status: 201, location: uploadUrl(context, request, uploadId), body: { id: uploadId } };
    },
  };
}

async function openUpload(
  context: ApiContext,
  body: UploadRequest,
  { uploadId, request, key }: Pick<AskedWith, "request" | "key"> & { readonly uploadId: string },
): Promise<void> {
  const { uploads, now } = context;
  if (await uploads.read(uploadId)) return;
  const { sizeBytes, sha256, title = null, metadata, targets, filename = null, crc32c = null } = body;
  const { origin } = request.headers;
  const expiresAt = new Date(now().getTime() + sessionMs).toISOString();
  const sessionUrl = await openSession(context, uploadId, { sizeBytes, sha256, origin });
  const mine: OpenUpload = {
    ...{ v: 1, uploadId, owner: ownerOf(request), title, fileName: nameHint(filename) },
    ...(key ? { keyedAs: digestFor(key.owner, key.key) } : {}),
    ...(metadata ? { metadata } : {}),
    ...(targets ? { targets } : {}),
    ...{ sizeBytes, crc32c, sessionUrl, expiresAt, end: null },
  };
  const held = await uploads.create(mine);
  // The same request at the same moment: nobody has been told of this one.
  if (held.sessionUrl !== sessionUrl) await uploads.cancelSession(sessionUrl);
}

async function openSession(
  { uploads }: ApiContext,
  ...[uploadId, toOpen]: Parameters<ApiContext["uploads"]["openSession"]>
): Promise<string> {
  try {
    return await uploads.openSession(uploadId, toOpen);
  } catch (cause) {
    if (!(cause instanceof ObjectNotFoundError)) throw cause;
    const detail = "the bucket for uploads is not there: whoever operates the fleet has to make it";
    throw new ProblemError("unavailable", detail, { cause });
  }
}
