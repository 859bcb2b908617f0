/** A statement of a simple query, and its values apart; without values: one to be sent as it is, maybe several. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly string[] | undefined;
}

const transaction = /^\s*begin\b|;\s*commit\s*$/i;
const oneSelect = /^\s*select\b[^;]*$/i;
/** What has a plan that is worth keeping. */
const planned = /^\s*(?:select|with|insert|update|delete)\b/i;
/** A comment, a literal with and without escapes, the end of a statement. */
const token = /--[^\n]*|\bE'((?:[^'\\]|''|\\.)*)'|'([^']*(?:''[^']*)*)'|;/gs;
/** What the product writes into its statements: see `withText`. */
const typed = /::(?:jsonb|uuid\[\]|int\[\])/y;

/**
 * The statements of a simple query. A server takes several that begin or end no transaction of their own for one: those stay together.
 */
export function statementsOf(query: string): readonly Statement[] {
  if (oneSelect.test(query)) return [{ sql: query, values: [] }];
  if (!transaction.test(query)) return [{ sql: query, values: undefined }];
  const statements: Statement[] = [];
  let asItIs = "";
  for (const { sql, values } of split(query)) {
    if (!planned.test(sql)) asItIs += `${sql};`;
    else {
      if (asItIs !== "") statements.push({ sql: asItIs, values: undefined });
      asItIs = "";
      statements.push({ sql, values });
    }
  }
  return asItIs === "" ? statements : [...statements, { sql: asItIs, values: undefined }];
}

/** Each statement with parameters in the places of its values. */
function* split(query: string): Generator<{ sql: string; values: string[] }> {
  let sql = "";
  let values: string[] = [];
  let at = 0;
  for (const found of query.matchAll(token)) {
    const [text, escaped, plain = ""] = found;
    const end = found.index + text.length;
    if (text === ";") {
      yield { sql: sql + query.slice(at, found.index), values };
      [sql, values, at] = ["", [], end];
    } else if (isTyped(query, end)) {
      values.push(escaped === undefined ? plain.replaceAll("''", "'") : unescaped(escaped));
      sql += `${query.slice(at, found.index)}$${values.length}`;
      at = end;
    }
  }
  yield { sql: sql + query.slice(at), values };
}

function isTyped(query: string, at: number): boolean {
  typed.lastIndex = at;
  return typed.test(query);
}

/** The client library escapes quotes and backslashes, and nothing else. */
function unescaped(literal: string): string {
  return literal.replace(/''|\\\\/g, (twice) => twice.charAt(0));
}
