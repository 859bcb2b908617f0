import { bucketFields, composeFields, objectFields } from "./fields.ts";
import type { Handling, Surface } from "./handling.ts";
import { requestHeaders } from "./headers.ts";
import { everywhere, notBuiltPaths, operations } from "./operations.ts";
import { xmlBucketQuery, xmlObjectQuery } from "./xml-queries.ts";

function listNames(surface: Surface, handling: Handling): string {
  const names = Object.keys(surface).filter((name) => surface[name] === handling);
  return names.length === 0 ? "-" : names.map((name) => `\`${name}\``).join(" ");
}

const row = (what: string, surface: Surface) =>
  `| ${what} | ${(["built", "kept", "refused"] as const).map((handling) => listNames(surface, handling)).join(" | ")} |`;

/** What of Cloud Storage this server has, as the tables of docs/local-cloud.md say it. */
export function describeSurface(): string {
  return [
    "| asked for | built | kept, without effect | refused |",
    "|---|---|---|---|",
    ...operations.map(({ name, query }) => row(`JSON \`${name}\`, query`, query)),
    row("JSON, query of every operation", everywhere),
    row("JSON, fields of a bucket", bucketFields),
    row("JSON, fields of an object", objectFields),
    row("JSON, fields of a compose request", composeFields),
    row("XML, query of an object", xmlObjectQuery),
    row("XML, query of a bucket", xmlBucketQuery),
    row("headers of both APIs", requestHeaders),
    "",
    "Not built as a whole, and refused by name:",
    "",
    ...notBuiltPaths.map(([path, what]) => `- ${what}: \`/storage/v1/${path}\``),
  ].join("\n");
}
