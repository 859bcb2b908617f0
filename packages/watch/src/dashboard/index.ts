import { intake } from "./intake.ts";
import type { Row } from "./panel.ts";
import { processRow } from "./processes.ts";
import { deadLetters, results } from "./results.ts";
import { search } from "./search.ts";
import { steps } from "./steps.ts";
import { webhooks } from "./webhooks.ts";
import { work } from "./work.ts";

/** All that is shown of a fleet, from top to bottom. */
export const dashboardRows: readonly Row[] = [
  ...[intake, steps, work, results, deadLetters, search, webhooks, processRow],
];
