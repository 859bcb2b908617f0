import { join } from "node:path";
import { formatCount, printable } from "@segue/wording";
import type { Written } from "./result-writer.ts";

/** Where results are now, in words. */
export function describeWritten({ dir, tracks, assets, missing }: Written): string {
  const gone = missing > 0 ? `, ${missing} gone` : "";
  return printable(
    `${formatCount(tracks, "track")} and ${formatCount(assets, "asset")} written${gone}: ${join(dir, "results.csv")}, ` +
      `results.jsonl, assets${assets > 0 ? "/" : "/ (empty)"}`,
  );
}
