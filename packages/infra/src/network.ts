import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { accountEmail, nodesAccount } from "./names.ts";
import { resource } from "./resource.ts";

/** Private ranges: 4,000 nodes, 1,000 of 110 pods each, 4,000 services, and the control plane. */
const ranges = { nodes: "10.64.0.0/20", pods: "10.68.0.0/14", services: "10.72.0.0/20" };
/** Of its own, so that rules can name it. */
export const controlPlaneRange = "10.72.16.0/28";
export const rangeNames = { pods: "pods", services: "services" };

export const networkPath = ({ project, prefix }: Ground) => `projects/${project}/global/networks/${prefix}`;
export const subnetworkPath = ({ project, prefix, region }: Ground) =>
  `projects/${project}/regions/${region}/subnetworks/${prefix}`;

/** A network of its own: nodes have private addresses, and reach the sources of tracks through NAT; the database is in a peered one. */
export function networkResources(ground: Ground) {
  return [
    ...nodesNetwork(ground),
    ...wayOut(ground),
    ...controlPlaneToAdapters(ground),
    ...databaseNetwork(ground),
  ];
}

function nodesNetwork(ground: Ground) {
  const { project, prefix, region } = ground;
  return [
    resource(
      "gcp:compute/network:Network",
      "network",
      { project, name: prefix, autoCreateSubnetworks: false, routingMode: "REGIONAL" },
      { dependsOn: [apiName("compute")] },
    ),
    resource(
      "gcp:compute/subnetwork:Subnetwork",
      "subnetwork",
      {
        project,
        name: prefix,
        region,
        network: networkPath(ground),
        ipCidrRange: ranges.nodes,
        secondaryIpRanges: [
          { rangeName: rangeNames.pods, ipCidrRange: ranges.pods },
          { rangeName: rangeNames.services, ipCidrRange: ranges.services },
        ],
        // Google's own services are reached without an address of the outside, and without NAT.
        privateIpGoogleAccess: true,
      },
      { dependsOn: ["network"] },
    ),
  ];
}

function wayOut(ground: Ground) {
  const { project, prefix, region } = ground;
  return [
    resource(
      "gcp:compute/router:Router",
      "router",
      { project, name: prefix, region, network: networkPath(ground) },
      { dependsOn: ["network"] },
    ),
    resource(
      "gcp:compute/routerNat:RouterNat",
      "nat",
      {
        project,
        name: prefix,
        region,
        router: prefix,
        natIpAllocateOption: "AUTO_ONLY",
        sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
        subnetworks: [{ name: subnetworkPath(ground), sourceIpRangesToNats: ["ALL_IP_RANGES"] }],
        logConfig: { enable: true, filter: "ERRORS_ONLY" },
      },
      { dependsOn: ["router", "subnetwork"] },
    ),
  ];
}

/** KEDA's metrics and its admission of ScaledObjects, in its own pods. */
const kedaPorts = ["6443", "9443"];

/** GKE itself lets the control plane of a private cluster reach its nodes on 443 and 10250 alone: without this the autoscaler would hear nothing of KEDA. */
function controlPlaneToAdapters(ground: Ground) {
  const { project, prefix } = ground;
  return [
    resource(
      "gcp:compute/firewall:Firewall",
      "control-plane-to-keda",
      {
        project,
        name: `${prefix}-control-plane-to-keda`,
        network: networkPath(ground),
        direction: "INGRESS",
        sourceRanges: [controlPlaneRange],
        targetServiceAccounts: [accountEmail(project, prefix, nodesAccount)],
        allows: [{ protocol: "tcp", ports: kedaPorts }],
        description: "The control plane asks KEDA's metrics adapter and its admission webhooks",
      },
      { dependsOn: ["network", `account/${nodesAccount}`] },
    ),
  ];
}

function databaseNetwork(ground: Ground) {
  const { project, prefix, labels } = ground;
  const name = `${prefix}-database`;
  return [
    resource(
      "gcp:compute/globalAddress:GlobalAddress",
      "database-range",
      {
        project,
        name,
        purpose: "VPC_PEERING",
        addressType: "INTERNAL",
        prefixLength: 20,
        network: networkPath(ground),
        labels,
      },
      { dependsOn: ["network"] },
    ),
    resource(
      "gcp:servicenetworking/connection:Connection",
      "database-peering",
      {
        network: networkPath(ground),
        service: "servicenetworking.googleapis.com",
        reservedPeeringRanges: [name],
      },
      { dependsOn: ["network", "database-range", apiName("servicenetworking")] },
    ),
  ];
}
