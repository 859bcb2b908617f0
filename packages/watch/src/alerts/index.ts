import type { AlertGroup } from "../alert.ts";
import { apiAlerts } from "./api.ts";
import { attemptAlerts } from "./attempts.ts";
import { processAlerts } from "./processes.ts";
import { resultAlerts } from "./results.ts";
import { workAlerts } from "./work.ts";

/** All that people are told of, by what it is about. */
export const alertGroups: readonly AlertGroup[] = [
  apiAlerts,
  workAlerts,
  attemptAlerts,
  resultAlerts,
  processAlerts,
];
