import type { Ground } from "./ground.ts";
import { accountEmail, nodesAccount } from "./names.ts";
import { resource } from "./resource.ts";

/** GKE labels preemptible nodes with it; that pods stay away which don't ask for them is ours to say. The chart's `spotTaint`. */
export const spotTaint = { key: "cloud.google.com/gke-spot", value: "true", effect: "NO_SCHEDULE" };
/** Of a notice's time, for what the node itself needs: logs, metrics, its network. */
export const criticalPodsSec = 15;
/** What ordinary pods have where nobody says otherwise. */
const usualShutdownSec = 15;

interface Pool {
  readonly name: string;
  readonly machineType: string;
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly spot: boolean;
  readonly gpu?: { readonly accelerator: string; readonly perNode: number };
  /** The cluster's, where none are named. */
  readonly zones?: readonly string[];
}

/**
 * Servers run on nodes that stay, workers of steps on preemptible ones, those that want a GPU on preemptible ones with it.
 *
 * @throws {TypeError} where there is a pool with GPUs, and no step that asks for one.
 */
export function poolResources(ground: Ground) {
  return poolsOf(ground).map((pool) => nodePool(ground, pool));
}

function poolsOf({ spec, region, settings: { base, spotCpu, spotGpu } }: Ground): readonly Pool[] {
  const asks = spec.services.some(({ resources }) => resources.accelerator === "gpu");
  if (spotGpu && !asks)
    throw new TypeError("settings.spotGpu: expected null, for no step of this fleet asks for a GPU");
  const elsewhere = spotGpu?.zones.find((zone) => !zone.startsWith(`${region}-`));
  if (elsewhere !== undefined)
    throw new TypeError(`settings.spotGpu.zones: expected zones of ${region}, got ${elsewhere}`);
  return [
    { name: "base", machineType: base.machineType, minNodes: 2, maxNodes: base.maxNodes, spot: false },
    { name: "spot-cpu", ...spotCpu, minNodes: 0, spot: true },
    ...(spotGpu ? [{ name: "spot-gpu", ...spotGpu, minNodes: 0, spot: true, gpu: spotGpu }] : []),
  ];
}

function nodePool(ground: Ground, { name, minNodes, maxNodes, spot, ...pool }: Pool) {
  const { project, prefix, region } = ground;
  return resource(
    "gcp:container/nodePool:NodePool",
    `pool/${name}`,
    {
      project,
      name,
      cluster: prefix,
      location: region,
      // A pool is refused whose accelerator one of its zones does not have.
      ...((pool.zones ?? []).length > 0 && { nodeLocations: [...(pool.zones ?? [])] }),
      // In each zone.
      initialNodeCount: spot ? 0 : 1,
      autoscaling: {
        totalMinNodeCount: minNodes,
        totalMaxNodeCount: maxNodes,
        // Preemptible nodes where there are any, others in all zones alike.
        locationPolicy: spot ? "ANY" : "BALANCED",
      },
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
      nodeConfig: nodeConfig(ground, { name, minNodes, maxNodes, spot, ...pool }),
    },
    // The autoscaler's business from then on.
    { dependsOn: ["cluster", `account/${nodesAccount}/images`], ignoreChanges: ["initialNodeCount"] },
  );
}

function nodeConfig({ project, prefix, settings, labels }: Ground, { name, machineType, spot, gpu }: Pool) {
  return {
    machineType,
    spot,
    diskType: "pd-balanced",
    diskSizeGb: 100,
    imageType: "COS_CONTAINERD",
    serviceAccount: accountEmail(project, prefix, nodesAccount),
    // What it may do its account says.
    oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
    workloadMetadataConfig: { mode: "GKE_METADATA" },
    shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
    metadata: { "disable-legacy-endpoints": "true" },
    labels: { "segue.dev/pool": name },
    resourceLabels: { ...labels, pool: name },
    ...(spot && { taints: [spotTaint] }),
    // GKE adds the taint of nodes with GPUs itself, and its toleration to pods that ask for one.
    ...(gpu && {
      guestAccelerators: [
        {
          type: gpu.accelerator,
          count: gpu.perNode,
          gpuDriverInstallationConfig: { gpuDriverVersion: "DEFAULT" },
        },
      ],
    }),
    ...(spot &&
      settings.shutdownSec > usualShutdownSec && {
        kubeletConfig: {
          shutdownGracePeriodSeconds: settings.shutdownSec + criticalPodsSec,
          shutdownGracePeriodCriticalPodsSeconds: criticalPodsSec,
        },
      }),
  };
}
