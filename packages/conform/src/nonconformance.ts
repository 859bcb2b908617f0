/** A step breaks a promise: how it was found, what was expected, what came. */
export class Nonconformance extends Error {
  override readonly name = "Nonconformance";
}
