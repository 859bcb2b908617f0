import { names } from "../cast/context.ts";
import type { Clients } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { isTrackObject } from "./read-message.ts";

/** What a client is promised is safe in storage by then, and is promised once. */
export function watchPromises({ objects }: Cloud, clients: Clients, report: Report): void {
  clients.onContradiction = (what) => report("promises hold", what);
  clients.onPromise = ({ errand, id }) => {
    if (errand.kind !== "submit") return;
    const isSafe = objects.list(names.bucket("records")).some(([name]) => isTrackObject(name, id));
    if (!isSafe) report("promises hold", `${errand.key} was accepted as ${id}, of which storage has nothing`);
  };
}
