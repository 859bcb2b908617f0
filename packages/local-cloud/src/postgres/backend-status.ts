/** What a session is in, as ReadyForQuery says it: nothing, a transaction, a failed transaction. */
export type SessionStatus = "I" | "T" | "E";

const readyForQuery = "Z".charCodeAt(0);
const headBytes = 5;

/**
 * Reads the messages that a server sends, in whatever pieces they come, and tells of each ReadyForQuery.
 * Source: PostgreSQL's documentation, "Message Formats": a letter, a length that counts itself, the body.
 */
export function watchStatus(onStatus: (status: SessionStatus) => void): (chunk: Buffer) => void {
  const head = Buffer.alloc(headBytes);
  let headFilled = 0;
  let bodyLeft = 0;
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
        if (head[0] === readyForQuery) onStatus(String.fromCharCode(chunk[at] ?? 0) as SessionStatus);
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
      }
      if (bodyLeft <= 0) headFilled = 0;
    }
  };
}
