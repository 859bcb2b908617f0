import type { StoredKey } from "@segue/catalog-db";

/** The key of the environment, in what is told of who did something. */
export const adminId = "admin";

/** Neither withdrawn nor over. */
export function isTaken({ revokedAt, expiresAt }: StoredKey, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
