/** A function in source text that Biome has formatted. */
export interface FoundFunction {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** Lines that are neither blank nor nothing but a comment. */
  readonly length: number;
}

/** What a line ends with that opens a body: of a function or method, its parameters may have begun some lines before, or of an arrow. */
const opensBody = /(?:=>|\)(?:: [^{}]*)?|\)(?:: .*[>\]}])?) \{$/;
/** What else ends so. */
const isStatement =
  /^(?:\} )?(?:if|else|for|while|switch|catch|do|try)\b|^\} (?:else|catch|finally)\b|^(?:export )?(?:abstract )?class\b/;

/** Functions of a text, those within others too; arrows without a body of their own are no longer than what they are in. */
export function findFunctions(text: string): FoundFunction[] {
  const lines = text.split("\n");
  const counts = countsOf(lines);
  return lines.flatMap((line, end) => {
    if (!opensBody.test(line)) return [];
    const begin = beginningOf(lines, end);
    const [first = ""] = lines.slice(begin, begin + 1);
    if (isStatement.test(first.trimStart())) return [];
    const indent = indentOf(line);
    const last = lines.findIndex(
      (each, at) => at > end && each.startsWith("}", indent) && indentOf(each) === indent,
    );
    if (last === -1) return [];
    const length = counts.slice(begin, last + 1).filter(Boolean).length;
    return [{ name: nameOf(first), line: begin + 1, length }];
  });
}

/** Parameters that stand on lines of their own end with a line that begins with `)`, indented as the one that opens them. */
function beginningOf(lines: readonly string[], end: number): number {
  const line = lines[end] ?? "";
  if (!/^\s*[)}\]]/.test(line)) return end;
  const indent = indentOf(line);
  for (let at = end - 1; at >= 0; at--) {
    const each = lines[at] ?? "";
    if (each.trim() !== "" && indentOf(each) === indent && !/^\s*[)}\]]/.test(each)) return at;
  }
  return end;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function nameOf(line: string): string {
  return (
    /(?:function\*? |const |async |^\s*)(?!const|async|export|function|return)([\w$.#]+)/.exec(line)?.[1] ??
    line.trim()
  );
}

/** Whether each line counts. */
function countsOf(lines: readonly string[]): boolean[] {
  let isInComment = false;
  return lines.map((line) => {
    const text = line.trim();
    const begins = text.startsWith("/*");
    const isComment = isInComment || begins || text.startsWith("//");
    if (begins || isInComment) isInComment = !text.endsWith("*/");
    return text !== "" && !isComment;
  });
}
