import { ApiError } from "./api-error.ts";
import type { Call, ServerState, Target } from "./server-state.ts";
import type { Need, On } from "./surface/permissions.ts";

/** A refusal in the cloud's words. */
function denied(identity: string, permission: string): ApiError {
  const what =
    permission.startsWith("storage.objects.") && !permission.endsWith(".list") ? "object" : "bucket";
  return new ApiError(
    403,
    "forbidden",
    `${identity} does not have ${permission} access to the Google Cloud Storage ${what}. ` +
      `Permission '${permission}' denied on resource (or it may not exist).`,
  );
}

/** Throws 403 unless a permission is granted; the ordinary port grants all of them. */
export function requirePermission(
  { door }: ServerState,
  permission: string,
  resource: string,
  object?: string,
): void {
  if (door && !door.may(permission, resource, object)) throw denied(door.identity, permission);
}

/**
 * Does a request's work if all that it needs is granted. What needs nothing that is known is granted to nobody.
 *
 * Buckets that are not there are no secret: the work says so. Of an object that is not there only somebody who may list the bucket is told; to
 * anybody else it is forbidden, as in the cloud.
 */
export async function withAccess(
  { state }: Call,
  needs: readonly Need[] | undefined,
  target: Target,
  work: () => void | Promise<void>,
): Promise<void> {
  const { door, buckets } = state;
  if (!door) return work();
  if (!needs) throw denied(door.identity, "storage.unknown");
  const at: Readonly<Record<On, readonly [resource: string, object: string]>> = {
    source: [target.bucket, target.object],
    target: [target.toBucket, target.toObject],
    project: ["projects/_", ""],
  };
  for (const [permission, on] of needs) {
    const [resource, object] = at[on];
    if (on === "project" || buckets.has(resource)) requirePermission(state, permission, resource, object);
  }
  try {
    await work();
  } catch (error) {
    const [first] = needs;
    const isAbsent = error instanceof ApiError && error.status === 404 && buckets.has(target.bucket);
    if (!isAbsent || !first || target.object === "" || door.has("storage.objects.list", target.bucket))
      throw error;
    throw denied(door.identity, first[0]);
  }
}
