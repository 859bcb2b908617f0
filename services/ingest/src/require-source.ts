import { judgeSource } from "@segue/intake";
import type { ApiContext } from "./api-context.ts";
import { ProblemError } from "./problem-error.ts";

/** What a source's URL alone tells is refused at once; what it leads to, when it is fetched. @throws {ProblemError} `source-forbidden`. */
export function requireSource({ config, names }: Pick<ApiContext, "config" | "names">, source: string): void {
  const { sourceBuckets: buckets, allowPrivateSources: allowPrivate } = config;
  const judged = judgeSource(source, { names, buckets, allowPrivate });
  if ("expected" in judged) throw new ProblemError("source-forbidden", judged.expected);
}
