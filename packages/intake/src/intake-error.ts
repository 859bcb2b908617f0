/**
 * Why bytes did not become a master. `too-large`: more than may come; `stalled`: they stopped coming, or came too slowly; `cut`: they broke
 * off; `undecodable`: they are not in the content coding that they are said to be in.
 */
export type IntakeReason = "too-large" | "stalled" | "cut" | "undecodable";

export class IntakeError extends Error {
  override readonly name = "IntakeError";
  readonly reason: IntakeReason;

  constructor(reason: IntakeReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
