import type { OpenUpload } from "@segue/artifacts";
import type { UploadResource } from "@segue/contracts";
import { sessionChunkBytes } from "@segue/store";
import type { FastifyRequest } from "fastify";
import type { ApiContext } from "../api-context.ts";
import { baseUrl } from "../base-url.ts";
import { trackUrl } from "../describe-track.ts";
import { type FoundTrack, findTrack } from "../find-track.ts";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";

export const uploadsUrl = "/v1/uploads";

export function uploadUrl(context: ApiContext, request: FastifyRequest, id: string): string {
  return `${baseUrl(context, request)}${uploadsUrl}/${id}`;
}

/**
 * An owner's upload, or the track that it has become. Another's is told from none by nothing.
 *
 * @throws {ProblemError} `not-found`; `track-deleted`; `unavailable` when neither database nor storage answers.
 */
export async function findUpload(
  context: ApiContext,
  id: string,
  owner: string,
): Promise<{ readonly upload: OpenUpload } | FoundTrack> {
  const upload = await context.uploads.read(id);
  if (upload?.owner === owner && upload.end?.is !== "given-up") return { upload };
  const found = await findTrack(context, id, owner).catch((error: unknown) => {
    throw error instanceof ProblemError && error.problem === "not-found" ? noUpload(id) : error;
  });
  if (found.track.source !== context.uploads.sourceOf(id)) throw noUpload(id);
  return found;
}

export function noUpload(id: string): ProblemError {
  return new ProblemError("not-found", `there is no upload ${id}`);
}

/** @throws as `findUpload`. */
export async function describeUpload(
  context: ApiContext,
  request: FastifyRequest,
  id: string,
): Promise<UploadResource> {
  const found = await findUpload(context, id, ownerOf(request));
  const about = {
    ...{ id, url: uploadUrl(context, request, id), trackUrl: trackUrl(baseUrl(context, request), id) },
    ...{
      chunkBytes: sessionChunkBytes,
      sessionUrl: null,
      receivedBytes: null,
      expiresAt: null,
      problem: null,
    },
  };
  if ("track" in found) return { ...about, state: "accepted", sizeBytes: found.track.sizeBytes };
  const { upload } = found;
  const { end, sizeBytes } = upload;
  if (end?.is === "accepted") return { ...about, state: "accepted", sizeBytes };
  if (end?.is === "refused")
    return { ...about, state: "refused", sizeBytes, problem: { code: "upload-differs", detail: end.detail } };
  const receivedBytes = await countReceived(context, upload);
  if (receivedBytes === sizeBytes) return { ...about, state: "received", sizeBytes, receivedBytes };
  if (receivedBytes === undefined) return { ...about, state: "over", sizeBytes };
  const { sessionUrl, expiresAt } = upload;
  return { ...about, state: "open", sessionUrl, sizeBytes, receivedBytes, expiresAt };
}

/** Bytes that have come in a row from the start; undefined where the session is over before all have. */
export async function countReceived(
  { uploads }: Pick<ApiContext, "uploads">,
  upload: OpenUpload,
): Promise<number | undefined> {
  const isThere = async () => (await uploads.statFile(upload.uploadId)) !== undefined;
  if (await isThere()) return upload.sizeBytes;
  const state = await uploads.readSession(upload);
  if (typeof state === "object") return state.receivedBytes;
  // It may have become whole between the two questions.
  return state === "finished" && (await isThere()) ? upload.sizeBytes : undefined;
}
