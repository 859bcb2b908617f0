import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { type Before, MalformedMessageError, readMessage } from "./read-messages.ts";
import { writeFatal, writeMessage } from "./write-messages.ts";

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
 * leave the machine). False where the client was refused, told why, or went away. What else it asks for at its start is not looked at:
 * there is one database, and one session.
 * Source: PostgreSQL's documentation, "Message Flow: Start-up".
 */
export async function greet(client: Socket, credentials: Credentials): Promise<boolean> {
  let startup: Buffer | null;
  for (;;) {
    startup = await read(client, 0);
    if (!startup || startup.length < 8) return false;
    const code = startup.readInt32BE(4);
    if (code !== sslRequest && code !== gssRequest) break;
    client.write("N");
  }
  if (startup.readInt16BE(4) !== protocolMajor) return false;
  client.write(writeMessage("R", Buffer.of(0, 0, 0, 3)));
  const answer = await read(client, 1);
  if (!answer) return false;
  const password = answer.toString("utf8", 5, answer.length - 1);
  const user = userOf(startup);
  if (user === credentials.user && isSame(password, credentials.password)) return true;
  client.write(writeFatal("28P01", `password authentication failed for user "${user}"`));
  return false;
}

/** What is no message is as good as none: somebody speaks another protocol. */
async function read(client: Socket, before: Before): Promise<Buffer | null> {
  try {
    return await readMessage(client, before, mostBytes);
  } catch (error) {
    if (error instanceof MalformedMessageError) return null;
    throw error;
  }
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
