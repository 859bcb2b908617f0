import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";

/** Leases may end so long after a delivery whatever its client does. */
const longestLeaseMs = 60_000;

/** A lease that somebody works under is extended: it runs out only with its process, by a fault, or when it has been held for a minute. */
export function watchLeases({ queue, scheduler }: Cloud, report: Report): void {
  queue.onRunOut = ({ client, entry, excuse, deliveredAtMs }) => {
    if (excuse !== undefined || scheduler.nowMs - deliveredAtMs >= longestLeaseMs) return;
    report(
      "leases are extended",
      `that of ${entry.message.id} of ${entry.subscription.name} ran out at ${client.owner.name}`,
    );
  };
}
