/** Lines of a file. */
export function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

const longestLine = 110;

/** A list in brackets on one line, or on a line each where it is too long, as the formatter has it. */
export function fit(head: string, items: readonly string[], tail: string): string[] {
  const one = `${head}${items.join(", ")}${tail}`;
  if (one.length <= longestLine) return [one];
  const indent = /^ */.exec(head)?.[0] ?? "";
  return [head, ...items.map((item) => `${indent}  ${item},`), `${indent}${tail}`];
}

/** The same in braces, which stand apart from what is in them: `{ a, b }`. */
export function fitBraces(head: string, items: readonly string[], tail: string): string[] {
  const one = `${head}{ ${items.join(", ")} }${tail}`;
  return one.length <= longestLine ? [one] : fit(`${head}{`, items, `}${tail}`);
}

/** One import per module, in the order of modules; each module's names in theirs. */
export function importsOf(
  named: readonly { readonly name: string; readonly from: string }[],
  type = "",
): string[] {
  const modules = [...new Set(named.map(({ from }) => from))].sort();
  return modules.map((from) => {
    const all = named.filter((one) => one.from === from).map(({ name }) => name);
    return `import ${type}{ ${[...new Set(all)].sort(byName).join(", ")} } from "${from}";`;
  });
}

const collator = new Intl.Collator("en", { numeric: true });
const byName = (a: string, b: string) => collator.compare(a, b);
