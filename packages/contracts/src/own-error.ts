import { z } from "zod";
import { isErrorCode } from "./errors.ts";
import { Name } from "./ids.ts";

/** A permanent error of a step's own: what its users read of it everywhere, since the catalogue has no such code. */
export const OwnError = z.object({
  code: Name,
  meaning: z.string().min(1).max(500),
  remedy: z.string().min(1).max(500),
});
export type OwnError = Readonly<z.infer<typeof OwnError>>;

/**
 * Declares an error that a step may end a track's branch with; the step lists it in its `errors` and throws it in a
 * `PermanentError`.
 *
 * @example
 * export const drmProtected = defineError({
 *   code: "drm-protected",
 *   meaning: "The file is encrypted.",
 *   remedy: "Send a copy without copy protection.",
 * });
 * // ...
 * throw new PermanentError(drmProtected, "the sample entry is enca");
 *
 * @throws {TypeError} where the code is no kebab-case name of at most 40 characters, or the catalogue has it already.
 */
export function defineError(error: OwnError): OwnError {
  const parsed = OwnError.safeParse(error);
  if (!parsed.success) throw new TypeError(`error "${error.code}": ${z.prettifyError(parsed.error)}`);
  if (isErrorCode(error.code))
    throw new TypeError(`error "${error.code}": expected a code that the catalogue does not have`);
  return Object.freeze({ ...error });
}
