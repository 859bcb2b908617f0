/** What a session is in, as ReadyForQuery says it: nothing, a transaction, a failed transaction. */
export type SessionStatus = "I" | "T" | "E";

const headBytes = 5;

/**
 * Reads the messages that one side sends, in whatever pieces they come, and tells of each at its end: its letter, and the first byte
 * of its body (0 where it has none).
 * Source: PostgreSQL's documentation, "Message Formats": a letter, a length that counts itself, the body.
 */
export function watchMessages(
  onMessage: (letter: string, firstByte: number) => void,
): (chunk: Buffer) => void {
  const head = Buffer.alloc(headBytes);
  let headFilled = 0;
  let bodyLeft = 0;
  let firstByte: number | undefined;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (headFilled < headBytes) {
        const taken = chunk.copy(head, headFilled, at, at + headBytes - headFilled);
        headFilled += taken;
        at += taken;
        if (headFilled < headBytes) return;
        bodyLeft = head.readInt32BE(1) - 4;
      }
      if (bodyLeft > 0 && at < chunk.length) {
        firstByte ??= chunk[at];
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
      }
      if (bodyLeft > 0) continue;
      headFilled = 0;
      onMessage(String.fromCharCode(head[0] ?? 0), firstByte ?? 0);
      firstByte = undefined;
    }
  };
}

/** Tells of each ReadyForQuery that a server sends. */
export function watchStatus(onStatus: (status: SessionStatus) => void): (chunk: Buffer) => void {
  return watchMessages((letter, firstByte) => {
    if (letter === "Z") onStatus(String.fromCharCode(firstByte) as SessionStatus);
  });
}
