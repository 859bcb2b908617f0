import { bindText, message, textOf } from "./postgres-messages.ts";
import { type Statement, statementsOf } from "./simple-query.ts";

const parse = "P".charCodeAt(0);
const bind = "B".charCodeAt(0);
const query = "Q".charCodeAt(0);
/** What the server says to a statement that it has understood, and to its values: the type, and its own length. */
const parseComplete = Buffer.from([0x31, 0, 0, 0, 4]);
const bindComplete = Buffer.from([0x32, 0, 0, 0, 4]);
/** That it answers no rows: a simple query is not told so. */
const noData = Buffer.from([0x6e, 0, 0, 0, 4]);
const failed = "E".charCodeAt(0);
const readyBytes = 6;
/**
 * Has the server understand and plan a statement once for all worlds of a process, where each client has it do so every time: that is
 * most of what a small statement costs. Clients see no difference, and the product prepares nothing by itself, since poolers and the
 * local cloud share sessions.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>();
  readonly #send: (messages: Buffer) => Buffer;

  /** @param send has the server answer messages. */
  constructor(send: (messages: Buffer) => Buffer) {
    this.#send = send;
  }

  /** Answers messages of one cycle, up to its Sync. */
  compute(messages: Buffer): Buffer {
    if (messages[0] === query && endOf(messages, 0) === messages.length)
      return this.#computeQuery(messages.toString("utf8", 5, messages.length - 1));
    const end = messages[0] === parse ? endOf(messages, 0) : 0;
    // Only what is parsed without a name, and bound at once.
    if (end === 0 || messages[5] !== 0 || messages[end] !== bind || messages[end + 5] !== 0)
      return this.#send(messages);
    // The text, and the types of its parameters.
    const statement = messages.toString("latin1", 6, end);
    const { name, isKnown } = this.#nameOf(statement);
    const bound = named(messages, end, endOf(messages, end), name, 6);
    const rest = messages.subarray(endOf(messages, end));
    if (isKnown) return Buffer.concat([parseComplete, this.#send(Buffer.concat([bound, rest]))]);
    const sent = this.#send(Buffer.concat([named(messages, 0, end, name, 5), bound, rest]));
    if (sent[0] === parseComplete[0]) this.#names.set(statement, name);
    return sent;
  }

  /** One statement after the other, as the server does it, up to one that fails. */
  #computeQuery(sql: string): Buffer {
    const answers: Buffer[] = [];
    for (const statement of statementsOf(sql)) {
      const last = answers.pop();
      if (last !== undefined) answers.push(last.subarray(0, -readyBytes));
      answers.push(this.#computeStatement(statement));
      if (hasFailed(answers.at(-1))) break;
    }
    return Buffer.concat(answers);
  }

  #computeStatement({ sql, values }: Statement): Buffer {
    if (values === undefined) return this.#send(message("Q", textOf(sql)));
    const key = `query ${sql}`;
    const { name, isKnown } = this.#nameOf(key);
    const sent = this.#send(
      Buffer.concat([
        ...(isKnown ? [] : [message("P", textOf(name), textOf(sql), Buffer.alloc(2))]),
        bindText(name, values),
        message("D", textOf("P")),
        message("E", textOf(""), Buffer.alloc(4)),
        message("S"),
      ]),
    );
    if (sent[0] === parseComplete[0]) this.#names.set(key, name);
    return [parseComplete, bindComplete, noData].reduce(without, sent);
  }

  #nameOf(statement: string): { readonly name: string; readonly isKnown: boolean } {
    const known = this.#names.get(statement);
    return { name: known ?? `world_${this.#names.size}`, isKnown: known !== undefined };
  }
}

function hasFailed(answer: Buffer | undefined): boolean {
  if (answer === undefined) return false;
  for (let at = 0; at < answer.length; at = endOf(answer, at)) if (answer[at] === failed) return true;
  return false;
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
