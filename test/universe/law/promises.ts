import { names } from "../cast/context.ts";
import type { Clients } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import { isTrackObject, readAsked } from "./read-message.ts";

/** What a client is promised is safe in storage by then, and is promised once. */
export function watchPromises(cloud: Cloud, clients: Clients, report: Report): void {
  const { objects } = cloud;
  const records = names.bucket("records");
  clients.onContradiction = (what) => report("promises hold", what);
  clients.onPromise = ({ errand, id }) => {
    if (errand.kind !== "submit") return;
    const isSafe = objects.list(records).some(([name]) => isTrackObject(name, id));
    if (!isSafe) report("promises hold", `${errand.key} was accepted as ${id}, of which storage has nothing`);
  };
  watchKeys(cloud, clients, report);
}

/** What was asked for under one key, however often, is one thing: whether its client ever hears of it or not. */
function watchKeys({ objects }: Cloud, clients: Clients, report: Report): void {
  const records = names.bucket("records");
  const known = new Map<string, Set<string>>();
  const noteObject = objects.onChange;
  objects.onChange = (ref, before, after) => {
    noteObject(ref, before, after);
    const asked = ref.bucket === records && after ? readAsked(ref.name, after.bytes) : undefined;
    if (!asked) return;
    const ids = (known.get(asked.what) ?? new Set()).add(asked.id);
    known.set(asked.what, ids);
    const keys = clients.keysOf(asked.what).size;
    if (ids.size > keys)
      report("one key, one request", `${asked.what}: ${[...ids].join(", ")} under ${keys} keys`);
  };
}
