import {
  type FleetBill,
  type HourPrices,
  onDemandPrices,
  priceFleet,
  reckonUse,
  spotPrices,
} from "@segue/plan/prices";
import type { SimulatedFleet } from "@segue/scaling/simulate";
import { acceleratorOf, defaultPlacement, type Fleet, isServer } from "@segue/step";

/** What prices are asked for. */
export interface PriceFlags {
  /** By default the chain's. */
  readonly targets?: readonly string[];
  readonly onDemand: boolean;
  /** Tracks are named by URL: their masters do not pass the load balancer, and pass Cloud NAT where it is `https`. */
  readonly byUrl?: "gs" | "https";
  readonly price?: number;
  readonly gpuPrice?: number;
}

export interface SimulatedBill {
  readonly bill: FleetBill;
  /** Per hour. */
  readonly prices: HourPrices;
}

/** The whole bill of what was simulated: workers by the hours that they were there, servers and database by those that it took, the rest by the track. */
export function billSimulated(fleet: Fleet, simulated: SimulatedFleet, flags: PriceFlags): SimulatedBill {
  const listed = flags.onDemand ? onDemandPrices() : spotPrices();
  const prices = { vcpu: flags.price ?? listed.vcpu, gpu: flags.gpuPrice ?? listed.gpu };
  const hours = simulated.tookSec / 3_600;
  const servers = [...fleet.services.values()].filter(isServer);
  const onGpu = simulated.services.filter(({ name }) => {
    const service = fleet.services.get(name);
    return service && !isServer(service) && acceleratorOf(service) === "gpu";
  });
  const reckoned = reckonUse(stepsOf(fleet, flags.targets));
  const bill = priceFleet(
    {
      tracks: simulated.tracks,
      hours,
      paidCpuSec: simulated.services.reduce((sum, { paidCpuSec }) => sum + paidCpuSec, 0),
      gpuHours: onGpu.reduce((sum, { replicas }) => sum + replicas.mean * hours, 0),
      serverCores: servers.reduce(
        (sum, { scaling, resources }) => sum + (scaling?.minReplicas ?? 1) * (resources?.cores ?? 1),
        0,
      ),
      postedBytes: flags.byUrl ? 0 : reckoned.stored.masters,
      fetchedBytes: flags.byUrl === "https" ? reckoned.stored.masters : 0,
      ...reckoned,
    },
    prices,
  );
  return { bill, prices };
}

/** How many of a track's steps are in services as the fleet lists them, and how many in those that a placement has made. */
function stepsOf({ services, chain, placements }: Fleet, targets: PriceFlags["targets"]) {
  const listed = placements.get(defaultPlacement);
  const wanted = new Set(chain.wantsFor(targets ?? chain.defaultTargets).map(({ name }) => name));
  const counts = { apart: 0, together: 0 };
  for (const [name, service] of services) {
    if (isServer(service)) continue;
    const hosted = service.steps.filter((step) => wanted.has(step.name)).length;
    counts[listed?.has(name) ? "apart" : "together"] += hosted;
  }
  return counts;
}
