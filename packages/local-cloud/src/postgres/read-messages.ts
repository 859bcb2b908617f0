import type { Socket } from "node:net";

/** More than any statement takes, less than what the engine's memory holds. */
const mostBytes = 256 * 2 ** 20;
/** Bytes before a message's length. */
export type Before = 0 | 1;

/** What was sent is no message. */
export class MalformedMessageError extends Error {
  override readonly name = "MalformedMessageError";
}

/**
 * Reads the next whole message; what follows it stays in the socket. Null once the client is gone.
 *
 * @param before 1 where a letter stands before the length. @throws {MalformedMessageError} where the length is none.
 */
export async function readMessage(client: Socket, before: Before, most = mostBytes): Promise<Buffer | null> {
  const head = await readBytes(client, before + 4);
  if (!head) return null;
  const rest = head.readInt32BE(before) - 4;
  if (rest < 0 || rest > most)
    throw new MalformedMessageError(`expected a message of at most ${most} bytes; its length says ${rest}`);
  const body = rest === 0 ? Buffer.of() : await readBytes(client, rest);
  return body && Buffer.concat([head, body]);
}

function readBytes(client: Socket, count: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const settle = (bytes: Buffer | null) => {
      client.off("readable", attempt).off("close", gone).off("end", gone);
      resolve(bytes);
    };
    const gone = () => settle(null);
    const attempt = () => {
      const bytes: unknown = client.read(count);
      if (bytes instanceof Buffer) settle(bytes.length === count ? bytes : null);
    };
    client.on("readable", attempt).on("close", gone).on("end", gone);
    if (client.destroyed || client.readableEnded) gone();
    else attempt();
  });
}
