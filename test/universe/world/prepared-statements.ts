import { message, textOf } from "./postgres-messages.ts";

const parse = "P".charCodeAt(0);
const bind = "B".charCodeAt(0);
const query = "Q".charCodeAt(0);
/** What the server says to a statement that it has understood, and to its values: the type, and its own length. */
const parseComplete = Buffer.from([0x31, 0, 0, 0, 4]);
const bindComplete = Buffer.from([0x32, 0, 0, 0, 4]);
/** No values, and all that comes back as text. */
const noValues = Buffer.alloc(6);
const oneSelect = /^\s*select\b[^;]*$/i;

/** What is sent in place of a client's messages, and how what comes back is made the answer to them. */
export interface Rewritten {
  readonly messages: Buffer;
  answer(sent: Buffer): Buffer;
}

/**
 * Has the server understand and plan a statement once for all worlds of a process, where each client has it do so every time: that is
 * most of what a small statement costs. Clients see no difference, and the product prepares nothing by itself, since poolers and the
 * local cloud share sessions.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>();

  /** @param messages of one cycle, up to its Sync. */
  rewrite(messages: Buffer): Rewritten {
    const asItIs = { messages, answer: (sent: Buffer) => sent };
    if (messages[0] === query) return this.#rewriteQuery(messages) ?? asItIs;
    const end = messages[0] === parse ? endOf(messages, 0) : 0;
    // Only what is parsed without a name, and bound at once.
    if (end === 0 || messages[5] !== 0 || messages[end] !== bind || messages[end + 5] !== 0) return asItIs;
    // The text, and the types of its parameters.
    const statement = messages.toString("latin1", 6, end);
    const known = this.#names.get(statement);
    const name = known ?? `world_${this.#names.size}`;
    const bound = named(messages, end, endOf(messages, end), name, 6);
    const rest = messages.subarray(endOf(messages, end));
    if (known !== undefined)
      return {
        messages: Buffer.concat([bound, rest]),
        answer: (sent) => Buffer.concat([parseComplete, sent]),
      };
    return {
      messages: Buffer.concat([named(messages, 0, end, name, 5), bound, rest]),
      answer: (sent) => {
        if (sent[0] === parseComplete[0]) this.#names.set(statement, name);
        return sent;
      },
    };
  }

  /** A query that comes in one message, whose answer begins with what its rows are. */
  #rewriteQuery(messages: Buffer): Rewritten | undefined {
    if (endOf(messages, 0) !== messages.length) return undefined;
    const sql = messages.toString("utf8", 5, messages.length - 1);
    if (!oneSelect.test(sql)) return undefined;
    const key = `query ${sql}`;
    const known = this.#names.get(key);
    const name = known ?? `world_${this.#names.size}`;
    const understands = known === undefined ? [message("P", textOf(name), textOf(sql), Buffer.alloc(2))] : [];
    return {
      messages: Buffer.concat([
        ...understands,
        message("B", textOf(""), textOf(name), noValues),
        message("D", textOf("P")),
        message("E", textOf(""), Buffer.alloc(4)),
        message("S"),
      ]),
      answer: (sent) => {
        if (sent[0] === parseComplete[0]) this.#names.set(key, name);
        return without(without(sent, parseComplete), bindComplete);
      },
    };
  }
}

function endOf(messages: Buffer, at: number): number {
  return at + 1 + messages.readInt32BE(at + 1);
}

function without(sent: Buffer, beginning: Buffer): Buffer {
  return sent[0] === beginning[0] ? sent.subarray(beginning.length) : sent;
}

/** A message with a name in the place of an empty one. */
function named(messages: Buffer, from: number, to: number, name: string, at: number): Buffer {
  const longer = Buffer.concat([
    messages.subarray(from, from + at),
    Buffer.from(name),
    messages.subarray(from + at, to),
  ]);
  longer.writeInt32BE(longer.length - 1, 1);
  return longer;
}
