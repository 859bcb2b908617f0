import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { apiDoorValues } from "./api-address.ts";
import { groundOf } from "./ground.ts";
import { gpuImageRepository, imageRepository } from "./images.ts";
import type { Settings } from "./settings.ts";

/**
 * What the chart has to be told of this infrastructure, beside the fleet: `helm upgrade -f fleet.json -f infra.json`. What Google chooses is a `Reference`.
 */
export function chartValues(spec: FleetSpec, settings: Settings) {
  const ground = groundOf(spec, settings);
  const { sourceBuckets, spotGpu, shutdownSec, release, namespace, clusterAccounts, identity } = settings;
  const { project, prefix, newsProject, accounts } = ground;
  return {
    // What it was made for: the chart refuses another fleet, another namespace, and a service without an account. Accounts in the cluster are called by the release.
    infra: {
      ...{ project, prefix, newsProject, release, namespace, sourceBuckets, clusterAccounts },
      accounts: accounts.map(({ name }) => name),
    },
    image: { repository: imageRepository(ground) },
    shutdownSec,
    workloadIdentity: { project, direct: identity === "direct" },
    gpu: {
      enabled: spotGpu !== null,
      image: { repository: gpuImageRepository(ground) },
      nodeSelector: spotGpu === null ? {} : { "cloud.google.com/gke-accelerator": spotGpu.accelerator },
    },
    ...apiDoorValues(ground),
    podMonitoring: { enabled: true },
    ...limitBy(settings.spotCpu),
  };
}

/** Of a node's cores its own system keeps part of one, which no worker fits in beside it. */
const ofNodeItself = 1;

/** As many workers of a core as find room in the pool, which are the limit then; the chart's own where a machine's name does not say how many cores it has. */
function limitBy({ machineType, maxNodes }: Settings["spotCpu"]) {
  const [, cores] = /(?:^|-)(?:custom|standard|highcpu|highmem)-(\d+)/.exec(machineType) ?? [];
  if (cores === undefined) return {};
  return { autoscaling: { maxReplicas: maxNodes * Math.max(1, Number(cores) - ofNodeItself) } };
}
