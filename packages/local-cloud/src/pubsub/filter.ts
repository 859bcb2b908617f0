import { invalidArgument } from "./status-error.ts";

/** Decides from a message's attributes whether a subscription gets it. */
export type Filter = (attributes: ReadonlyMap<string, string>) => boolean;

/** Documented limit of a filter expression. */
export const FILTER_MAX_BYTES = 256;

/**
 * Compiles a Pub/Sub filter expression; throws INVALID_ARGUMENT with the position when it is not one.
 *
 *   expression = term { AND term } | term { OR term }     AND with OR needs parentheses
 *   term       = [ NOT | - ] ( "(" expression ")" | comparison )
 *   comparison = attributes:KEY | attributes.KEY = STRING | attributes.KEY != STRING
 *              | hasPrefix(attributes.KEY, STRING)
 *   KEY        = letters, digits, - and _, or a STRING
 *
 * Keys and values are case-sensitive, operators upper case. Strings take backslash escapes: \\ \" \n \t and the like,
 * octal \ooo, hexadecimal \xhh, Unicode \uhhhh. `!=` is the negation of `=`: it matches a message without the key.
 * Grammar: https://cloud.google.com/pubsub/docs/subscription-message-filter#filtering_syntax
 */
export function parseFilter(expression: string): Filter {
  if (Buffer.byteLength(expression) > FILTER_MAX_BYTES) {
    throw invalidArgument("filter", `at most ${FILTER_MAX_BYTES} bytes`, Buffer.byteLength(expression));
  }
  const parser = new FilterParser(expression);
  const filter = parser.expression();
  parser.expectEnd();
  return filter;
}

const KEY = /[A-Za-z0-9_-]+/y;
const SPACE = /\s*/y;
const WORD = /[A-Za-z]+/y;

class FilterParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  expression(): Filter {
    const terms = [this.#term()];
    let joinedBy = "";
    for (;;) {
      const word = this.#peekWord();
      if (word !== "AND" && word !== "OR") break;
      if (joinedBy && word !== joinedBy) this.#fail(`${joinedBy}, or parentheses around what ${word} joins`);
      joinedBy = word;
      this.#at += word.length;
      terms.push(this.#term());
    }
    const [only] = terms;
    if (terms.length === 1 && only) return only;
    return joinedBy === "OR"
      ? (attributes) => terms.some((term) => term(attributes))
      : (attributes) => terms.every((term) => term(attributes));
  }

  expectEnd(): void {
    this.#match(SPACE);
    if (this.#at < this.#text.length) this.#fail("AND, OR or the end");
  }

  #term(): Filter {
    const negated = this.#negation();
    const positive = this.#skipLiteral("(") ? this.#group() : this.#comparison();
    return negated ? (attributes) => !positive(attributes) : positive;
  }

  #negation(): boolean {
    if (this.#skipLiteral("-")) return true;
    if (this.#peekWord() !== "NOT") return false;
    this.#at += "NOT".length;
    return true;
  }

  #group(): Filter {
    const inner = this.expression();
    if (!this.#skipLiteral(")")) this.#fail(")");
    return inner;
  }

  #comparison(): Filter {
    const word = this.#peekWord();
    if (word === "hasPrefix") return this.#hasPrefix();
    if (word !== "attributes") this.#fail("attributes, hasPrefix, NOT, - or (");
    this.#at += word.length;
    if (this.#skipLiteral(":")) {
      const key = this.#key();
      return (attributes) => attributes.has(key);
    }
    if (!this.#skipLiteral(".")) this.#fail(": or . after attributes");
    const key = this.#key();
    if (this.#skipLiteral("!=")) {
      const value = this.#string();
      return (attributes) => attributes.get(key) !== value;
    }
    if (!this.#skipLiteral("=")) this.#fail("= or !=");
    const value = this.#string();
    return (attributes) => attributes.get(key) === value;
  }

  #hasPrefix(): Filter {
    this.#at += "hasPrefix".length;
    if (!this.#skipLiteral("(")) this.#fail("( after hasPrefix");
    if (this.#peekWord() !== "attributes") this.#fail("attributes");
    this.#at += "attributes".length;
    if (!this.#skipLiteral(".")) this.#fail(".");
    const key = this.#key();
    if (!this.#skipLiteral(",")) this.#fail(",");
    const prefix = this.#string();
    if (!this.#skipLiteral(")")) this.#fail(")");
    return (attributes) => attributes.get(key)?.startsWith(prefix) ?? false;
  }

  #key(): string {
    this.#match(SPACE);
    if (this.#text[this.#at] === '"') return this.#string();
    return this.#match(KEY) || this.#fail("a key of letters, digits, - and _, or a quoted key");
  }

  #string(): string {
    if (!this.#skipLiteral('"')) this.#fail("a double-quoted string");
    let value = "";
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined) this.#fail("a closing double quote");
      if (char === '"') return value;
      value += char === "\\" ? this.#escape() : char;
    }
  }

  #escape(): string {
    const rest = this.#text.slice(this.#at);
    const coded = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3}))/.exec(rest);
    if (coded) {
      this.#at += coded[0].length;
      const hex = coded[1] ?? coded[2] ?? coded[3];
      const code = hex === undefined ? Number.parseInt(coded[4] ?? "", 8) : Number.parseInt(hex, 16);
      if (code > 0x10ffff) this.#fail("a Unicode code point");
      return String.fromCodePoint(code);
    }
    const simple = ESCAPES[rest[0] ?? ""];
    if (simple === undefined) this.#fail('an escape such as \\\\, \\", \\n, \\x41 or \\u0041');
    this.#at++;
    return simple;
  }

  #peekWord(): string {
    this.#match(SPACE);
    const start = this.#at;
    const word = this.#match(WORD);
    this.#at = start;
    return word;
  }

  #skipLiteral(literal: string): boolean {
    this.#match(SPACE);
    if (!this.#text.startsWith(literal, this.#at)) return false;
    this.#at += literal.length;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #fail(expected: string): never {
    throw invalidArgument(
      `filter at position ${this.#at}`,
      expected,
      this.#text.slice(this.#at) || "the end",
    );
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  '"': '"',
  "'": "'",
  "?": "?",
  "`": "`",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
