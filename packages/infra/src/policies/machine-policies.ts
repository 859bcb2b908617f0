import { spotTaint } from "../pools.ts";
import { findIn, ofType, type Policy } from "./policy.ts";

export const machinePolicies: readonly Policy[] = [
  {
    name: "preemptible nodes keep away who does not ask for them, and servers have others",
    find: (examined) => {
      const pools = ofType(examined, "gcp:container/nodePool:NodePool");
      const stays = pools.some(({ args }) => !args.nodeConfig.spot && args.autoscaling.totalMinNodeCount > 0);
      return [
        ...(stays ? [] : ["expected nodes that stay, for the servers"]),
        ...findIn(pools, {
          "expected a taint": ({ args: { nodeConfig } }) =>
            nodeConfig.spot &&
            !nodeConfig.taints?.some(
              ({ key, effect }) => key === spotTaint.key && effect === spotTaint.effect,
            ),
          "expected none without work": ({ args }) =>
            args.nodeConfig.spot && args.autoscaling.totalMinNodeCount > 0,
        }),
      ];
    },
  },
  {
    name: "nodes are private, and pods are who they are",
    find: (examined) => [
      ...findIn(ofType(examined, "gcp:container/cluster:Cluster"), {
        "expected private nodes, and a private control plane": ({ args: { privateClusterConfig: config } }) =>
          !config?.enablePrivateNodes || !config.enablePrivateEndpoint,
        "expected Workload Identity": ({ args }) => !args.workloadIdentityConfig?.workloadPool,
        "expected network policies that are kept": ({ args }) =>
          args.datapathProvider !== "ADVANCED_DATAPATH",
      }),
      ...findIn(ofType(examined, "gcp:compute/firewall:Firewall"), {
        "expected to let in the control plane alone": ({ args }) =>
          !ofType(examined, "gcp:container/cluster:Cluster").some(
            ({ args: cluster }) =>
              args.sourceRanges.join() === cluster.privateClusterConfig?.masterIpv4CidrBlock,
          ),
        "expected to be of nodes": ({ args }) => (args.targetServiceAccounts ?? []).length === 0,
      }),
      ...findIn(ofType(examined, "gcp:container/nodePool:NodePool"), {
        "expected pods not to have the node's account": ({ args: { nodeConfig } }) =>
          nodeConfig.workloadMetadataConfig?.mode !== "GKE_METADATA",
        "expected secure boot": ({ args: { nodeConfig } }) =>
          !nodeConfig.shieldedInstanceConfig?.enableSecureBoot,
      }),
    ],
  },
  {
    name: "the database is private, encrypted and without passwords",
    find: (examined) => [
      ...findIn(ofType(examined, "gcp:sql/databaseInstance:DatabaseInstance"), {
        "expected no address of the outside": ({ args: { settings } }) =>
          settings.ipConfiguration?.ipv4Enabled !== false || "authorizedNetworks" in settings.ipConfiguration,
        "expected encrypted connections alone": ({ args: { settings } }) =>
          settings.ipConfiguration?.sslMode !== "ENCRYPTED_ONLY",
        "expected Google's accounts": ({ args: { settings } }) =>
          !settings.databaseFlags.some(
            ({ name, value }) => name === "cloudsql.iam_authentication" && value === "on",
          ),
      }),
      ...findIn(ofType(examined, "gcp:sql/user:User"), {
        "expected an account of Google's, not a password": ({ args }) =>
          args.type !== "CLOUD_IAM_SERVICE_ACCOUNT" || "password" in args,
      }),
    ],
  },
  {
    name: "logs keep no names",
    find: (examined) => {
      const sinks = ofType(examined, "gcp:logging/projectSink:ProjectSink");
      const excluded = ofType(examined, "gcp:logging/projectExclusion:ProjectExclusion").map(
        ({ args }) => args.filter,
      );
      const kept = ["jsonPayload.stderr", "://", "severity < INFO", "NOT jsonPayload.service"];
      return [
        ...findIn(sinks, {
          "expected lines with names to be left out": ({ args }) =>
            !kept.every((words) => args.exclusions.some(({ filter }) => filter.includes(words))),
          "expected the same lines not to be kept elsewhere": ({ args }) => !excluded.includes(args.filter),
        }),
        ...(excluded.some((filter) => filter.includes("http_load_balancer"))
          ? []
          : ["expected a load balancer's lines, with its clients' addresses, to be left out"]),
      ];
    },
  },
];
