import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { apiIngressValues } from "./api-address.ts";
import { groundOf } from "./ground.ts";
import { gpuImageRepository, imageRepository } from "./images.ts";
import type { Settings } from "./settings.ts";

/**
 * What the chart has to be told of this infrastructure, beside the fleet: `helm upgrade -f fleet.json -f infra.json`. What Google chooses is a `Reference`.
 */
export function chartValues(spec: FleetSpec, settings: Settings) {
  const ground = groundOf(spec, settings);
  const { sourceBuckets, spotGpu, shutdownSec } = settings;
  const { project, prefix, newsProject, accounts } = ground;
  return {
    // What it was made for: the chart refuses another fleet, and a service without an account.
    infra: { project, prefix, newsProject, accounts: accounts.map(({ name }) => name) },
    image: { repository: imageRepository(ground) },
    shutdownSec,
    workloadIdentity: { project },
    env: sourceBuckets.length === 0 ? {} : { SEGUE_SOURCE_BUCKETS: sourceBuckets.join(",") },
    gpu: {
      enabled: spotGpu !== null,
      image: { repository: gpuImageRepository(ground) },
      nodeSelector: spotGpu === null ? {} : { "cloud.google.com/gke-accelerator": spotGpu.accelerator },
    },
    ingress: apiIngressValues(ground),
    podMonitoring: { enabled: true },
    ...limitBy(settings.spotCpu),
  };
}

/** As many workers of a core as the pool has cores, which are the limit then; the chart's own where a machine's name does not say how many it has. */
function limitBy({ machineType, maxNodes }: Settings["spotCpu"]) {
  const [, cores] = /-(\d+)$/.exec(machineType) ?? [];
  return cores === undefined ? {} : { autoscaling: { maxReplicas: maxNodes * Number(cores) } };
}
