import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { accountEmail, accountId, nodesAccount } from "./names.ts";
import { controlPlaneRange, networkPath, rangeNames, subnetworkPath } from "./network.ts";
import { resource } from "./resource.ts";

export function clusterResources(ground: Ground) {
  return [...nodeAccount(ground), cluster(ground)];
}

function nodeAccount(ground: Ground) {
  const { project, prefix } = ground;
  const name = `account/${nodesAccount}`;
  const member = `serviceAccount:${accountEmail(project, prefix, nodesAccount)}`;
  return [
    resource(
      "gcp:serviceaccount/account:Account",
      name,
      {
        project,
        accountId: accountId(prefix, nodesAccount),
        displayName: `${prefix}: nodes`,
        description: `What nodes of the fleet ${prefix} run as; its services have accounts of their own`,
      },
      { dependsOn: [apiName("iam")] },
    ),
    resource(
      "gcp:projects/iAMMember:IAMMember",
      `${name}/logs-and-metrics`,
      { project, role: "roles/container.defaultNodeServiceAccount", member },
      { dependsOn: [name] },
    ),
    resource(
      "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
      `${name}/images`,
      {
        project,
        location: ground.region,
        repository: prefix,
        role: "roles/artifactregistry.reader",
        member,
      },
      { dependsOn: [name, "images"] },
    ),
  ];
}

function cluster(ground: Ground) {
  const { project, prefix, region, labels } = ground;
  return resource(
    "gcp:container/cluster:Cluster",
    "cluster",
    {
      project,
      name: prefix,
      location: region,
      deletionProtection: true,
      releaseChannel: { channel: "REGULAR" },
      // Pools are apart, so that each can be changed without the cluster.
      removeDefaultNodePool: true,
      initialNodeCount: 1,
      nodeConfig: { serviceAccount: accountEmail(project, prefix, nodesAccount) },
      network: networkPath(ground),
      subnetwork: subnetworkPath(ground),
      networkingMode: "VPC_NATIVE",
      ipAllocationPolicy: {
        clusterSecondaryRangeName: rangeNames.pods,
        servicesSecondaryRangeName: rangeNames.services,
      },
      // Its own network policies, which the chart has one of for each service.
      datapathProvider: "ADVANCED_DATAPATH",
      // Nodes and control plane have no address of the outside; whoever may is let in by Google's name and accounts.
      privateClusterConfig: {
        enablePrivateNodes: true,
        enablePrivateEndpoint: true,
        masterIpv4CidrBlock: controlPlaneRange,
      },
      masterAuthorizedNetworksConfig: { cidrBlocks: [] },
      controlPlaneEndpointsConfig: { dnsEndpointConfig: { allowExternalTraffic: true } },
      enableLegacyAbac: false,
      enableShieldedNodes: true,
      workloadIdentityConfig: { workloadPool: `${project}.svc.id.goog` },
      // Without it there is no kind HTTPRoute, and the chart's `gateway` is refused as a whole.
      gatewayApiConfig: { channel: "CHANNEL_STANDARD" },
      clusterAutoscaling: { autoscalingProfile: "OPTIMIZE_UTILIZATION" },
      nodePoolDefaults: { nodeConfigDefaults: { insecureKubeletReadonlyPortEnabled: "FALSE" } },
      loggingConfig: { enableComponents: ["SYSTEM_COMPONENTS", "WORKLOADS"] },
      monitoringConfig: {
        enableComponents: ["SYSTEM_COMPONENTS"],
        managedPrometheus: { enabled: true },
      },
      costManagementConfig: { enabled: true },
      maintenancePolicy: { dailyMaintenanceWindow: { startTime: "03:00" } },
      resourceLabels: labels,
    },
    {
      dependsOn: ["subnetwork", "nat", apiName("container"), `account/${nodesAccount}/logs-and-metrics`],
      // What is of the pool that is removed; and where the control plane is, which nobody can move.
      ignoreChanges: ["nodeConfig", "initialNodeCount", "privateClusterConfig.masterIpv4CidrBlock"],
      protect: true,
    },
  );
}
