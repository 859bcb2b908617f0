import { once } from "node:events";
import type { Socket } from "node:net";
import type { UsageCounts } from "../usage/usage-counts.ts";
import type { Engine } from "./engine.ts";
import { MalformedMessageError, readMessage } from "./read-messages.ts";
import type { Turn } from "./take-turns.ts";
import type { SessionStatus } from "./watch-messages.ts";
import { writeFatal } from "./write-messages.ts";

export interface Session {
  readonly engine: Engine;
  readonly takeTurn: () => Promise<Turn>;
  /** How long a client that has the session may say nothing. */
  readonly idleMs: number;
  readonly usage: UsageCounts;
}

/** Query, Parse, Bind, Describe, Execute, Close, FunctionCall, Sync: what a client that has not the session takes it for. */
const takesTurn = new Set("QPBDECFS");
/** Flush, CopyData, CopyDone, CopyFail: nothing by themselves; Postgres ignores them too. */
const followsUp = new Set("Hdcf");
/**
 * What has a statement run: `simple` a Query, as `BEGIN` and `COMMIT` are, `extended` an Execute, as those with parameters are. Several
 * in one Query count as one: they are one way there and back.
 */
const forms: ReadonlyMap<string, string> = new Map([
  ["Q", "simple"],
  ["E", "extended"],
]);
const terminate = "X";
const wordsShown = 120;

/**
 * Serves a client that was let in, until it leaves. It has the session from the first message of a query until the engine says that
 * query and transaction are over: what another sent in between would be answered with this one's rows, or be skipped with what
 * follows an error. Whoever falls silent with the session, is lost, or does not read its answers, loses it after a while.
 */
export async function serveClient(
  client: Socket,
  { engine, takeTurn, idleMs, usage }: Session,
): Promise<void> {
  const write = (bytes: Buffer) => void (client.writable && client.write(bytes));
  let turn: Turn | undefined;
  let status: SessionStatus | undefined;
  try {
    for (;;) {
      const message = await (turn ? within(idleMs, nextMessage(client)) : nextMessage(client));
      if (!message) return;
      const letter = String.fromCharCode(message[0] ?? 0);
      if (letter === terminate) return;
      if (!takesTurn.has(letter) && !followsUp.has(letter))
        throw new MalformedMessageError(`expected a message of a query; got one of type ${message[0]}`);
      if (!turn) {
        if (followsUp.has(letter)) continue;
        turn = await takeTurn();
        status = undefined;
      }
      turn.doing = describe(letter, message) ?? turn.doing;
      const form = forms.get(letter);
      if (form) usage.add("sql_statements", { form });
      status = await engine.answer(message, write);
      if (status !== "I") continue;
      turn.end();
      turn = undefined;
    }
  } catch (error) {
    const [code, words] = reasonOf(error);
    write(writeFatal(code, words));
  } finally {
    try {
      if (turn) await engine.abandon(status);
    } finally {
      turn?.end();
    }
  }
}

class IdleError extends Error {}

function reasonOf(error: unknown): [code: string, words: string] {
  if (error instanceof IdleError)
    return ["25P03", "terminating connection due to idle-in-transaction timeout"];
  if (error instanceof MalformedMessageError) return ["08P01", error.message];
  throw error;
}

/** One that does not read what it was answered is not asked what it wants next. */
async function nextMessage(client: Socket): Promise<Buffer | null> {
  if (client.writableNeedDrain) await drained(client);
  return readMessage(client, 1);
}

/** Resolves once a client has read what it was sent, or is gone. */
async function drained(client: Socket): Promise<void> {
  // The event that does not come is not waited for any longer: a client has many large answers.
  const over = new AbortController();
  const { signal } = over;
  const either = Promise.race([once(client, "drain", { signal }), once(client, "close", { signal })]);
  await either.catch(() => {}).finally(() => over.abort());
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new IdleError()), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The statement of a Query, or of a Parse, after its name. */
function describe(letter: string, message: Buffer): string | undefined {
  if (letter !== "Q" && letter !== "P") return undefined;
  const at = letter === "Q" ? 5 : message.indexOf(0, 5) + 1;
  return message.toString("utf8", at, at + wordsShown).split("\0", 1)[0];
}
