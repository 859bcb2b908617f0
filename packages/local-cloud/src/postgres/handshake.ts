import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";

/** Who may come in. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const protocolMajor = 3;
const sslRequest = 80_877_103;
const gssRequest = 80_877_104;
/** A start-up message with a few settings, or a password: nothing that is larger is either. */
const mostBytes = 10_000;

/**
 * A client's first words: answers requests for TLS with no, asks for the password in plain text (the connection does not
 * leave the machine), and returns the start-up message to be handed on; null where the client was refused, told why, or went away.
 * Source: PostgreSQL's documentation, "Message Flow: Start-up".
 */
export async function greet(client: Socket, credentials: Credentials): Promise<Buffer | null> {
  const read = createReader(client);
  let startup: Buffer | null;
  for (;;) {
    startup = await read(0);
    if (!startup || startup.length < 8) return null;
    const code = startup.readInt32BE(4);
    if (code !== sslRequest && code !== gssRequest) break;
    client.write("N");
  }
  if (startup.readInt16BE(4) !== protocolMajor) return null;
  client.write(Buffer.of("R".charCodeAt(0), 0, 0, 0, 8, 0, 0, 0, 3));
  const answer = await read(1);
  if (!answer) return null;
  const password = answer.toString("utf8", 5, answer.length - 1);
  const user = userOf(startup);
  if (user === credentials.user && isSame(password, credentials.password)) return startup;
  refuse(client, "28P01", `password authentication failed for user "${user}"`);
  return null;
}

/** Tells a client why its session ends, and ends it. */
export function refuse(client: Socket, code: string, message: string): void {
  const fields = `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`;
  const error = Buffer.alloc(5);
  error.write("E");
  error.writeInt32BE(4 + Buffer.byteLength(fields), 1);
  client.end(Buffer.concat([error, Buffer.from(fields)]));
}

/** Reads whole messages; what follows the last one stays in the socket. @returns a function of how many bytes stand before the length */
function createReader(client: Socket): (before: 0 | 1) => Promise<Buffer | null> {
  return async (before) => {
    const head = await readBytes(client, before + 4);
    if (!head) return null;
    const rest = head.readInt32BE(before) - 4;
    if (rest < 0 || rest > mostBytes) return null;
    const body = rest === 0 ? Buffer.of() : await readBytes(client, rest);
    return body && Buffer.concat([head, body]);
  };
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
    if (client.destroyed) gone();
    else attempt();
  });
}

function userOf(startup: Buffer): string {
  const words = startup.toString("utf8", 8).split("\0");
  const at = words.findIndex((word, i) => i % 2 === 0 && word === "user");
  return at < 0 ? "" : (words[at + 1] ?? "");
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
