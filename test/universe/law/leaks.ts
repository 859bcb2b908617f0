import { countOpenPools } from "../ambient/piscina.ts";
import type { Keeper } from "../play/keeper.ts";
import type { Cloud } from "../world/cloud.ts";
import { diskRoot } from "../world/disk.ts";
import type { Report } from "./breach.ts";

/** Where nothing is left to be done, no attempt's folder is there any more. */
export function judgeRest({ disk }: Cloud, keeper: Keeper, report: Report): void {
  for (const { owner } of keeper.present()) {
    const home = `${diskRoot}/${owner.name}`;
    for (const folder of disk.list(home)) {
      const left = disk.list(`${home}/${folder}`);
      if (left.length > 0) report("nothing leaks", `${owner.name} rests, and has left ${left.join(", ")}`);
    }
  }
}

/** A process that was told to stop when all was well has stopped, and holds nothing any more. */
export function judgeLeaks({ queue, database, disk }: Cloud, keeper: Keeper, report: Report): void {
  for (const process of keeper.living) {
    if (process.state !== "drains") continue;
    const { owner } = process;
    const left: string[] = [];
    if (!process.hasDrained) left.push("it has not stopped within a minute");
    const timers = [...owner.heldTimers].filter((timer) => timer.owner.isAlive).length;
    if (timers > 0) left.push(`${timers} timers`);
    if (countOpenPools(owner) > 0) left.push(`${countOpenPools(owner)} pools of threads`);
    const files = disk.list(`${diskRoot}/${owner.name}`);
    if (files.length > 0) left.push(`files: ${files.join(", ")}`);
    const streams = [...queue.subscriptions.values()].filter(({ consumers }) =>
      [...consumers].some((consumer) => consumer.owner === owner),
    );
    if (streams.length > 0) left.push(`streams of ${streams.map(({ name }) => name).join(", ")}`);
    const connections = [...database.openConnections].filter(({ client }) => client === owner);
    if (connections.length > 0) left.push(`${connections.length} connections to the database`);
    if (queue.leasesOf(owner).length > 0) left.push("leases");
    if (left.length > 0) report("nothing leaks", `${owner.name} has stopped and left ${left.join("; ")}`);
  }
}
