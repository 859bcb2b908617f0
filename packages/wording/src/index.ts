export { readFactText, sayFactValue, UnreadableValueError } from "./correction-words.ts";
export { csvLine } from "./csv-line.ts";
export { type DescribedFacts, describeFacts, readFacts } from "./describe-facts.ts";
export {
  describeResults,
  type KindsByName,
  type ShownLink,
  type ShownResult,
  type ShownResults,
} from "./describe-result.ts";
export { fileNameOf, safeFileName } from "./file-name.ts";
export { formatFact, formatItem } from "./format-fact.ts";
export {
  formatBytes,
  formatClock,
  formatCount,
  formatLatency,
  formatPercent,
  printable,
  shorten,
} from "./format-text.ts";
export { type Heard, heardOf, type KeyNotation, keyNotations } from "./heard-of.ts";
