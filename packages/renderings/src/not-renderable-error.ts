/** A payload is not in the form that its kind's rendering needs. The message says what was expected and what came. */
export class NotRenderableError extends Error {
  override readonly name = "NotRenderableError";
}
