import type { StepNames } from "./step-names.ts";

const importLine = /^import .* from "([^"]+)";$/;
const opening = /^(const services = |.*defineFleet\()\{$/;
const closing = /^\}\)?;$/;
const { compare } = new Intl.Collator("en", { numeric: true });

/**
 * The fleet's module with one more service, that of a new step. Imports stay sorted; the entry is the last one.
 *
 * @returns undefined if the module is not in the form that is expected: imports, then the services, `const services = { ... };` or
 *   `defineFleet({ ... });`.
 */
export function listInFleet(source: string, { kebab, camel }: StepNames): string | undefined {
  const all = source.split("\n");
  const start = all.findIndex((line) => opening.test(line));
  const end = all.findIndex((line, i) => i > start && closing.test(line));
  const imports = all.flatMap((line, i) => {
    const from = importLine.exec(line)?.[1];
    return from ? [{ from, i }] : [];
  });
  const last = imports.at(-1);
  if (!last || start < last.i || end < start) return undefined;
  const from = `@segue/${kebab}`;
  const next = imports.find((line) => compare(line.from, from) > 0)?.i ?? last.i + 1;
  const service = `${camel}Service`;
  const entry = kebab === camel ? `  ${kebab}: ${service},` : `  "${kebab}": ${service},`;
  return [
    ...all.slice(0, next),
    `import { ${service} } from "${from}";`,
    ...all.slice(next, end),
    entry,
    ...all.slice(end),
  ].join("\n");
}
