// What a cluster has before the chart comes.

/** A namespace that admits only what Kubernetes' strictest standard for pods does. */
export const namespaceManifest = (name: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
      },
    },
  });

interface PlayedNodes {
  readonly base: number;
  readonly spot: number;
  /** Of each. */
  readonly cores?: number;
}

/** Nodes as GKE labels and taints them: played, not real. */
export function nodeManifests({ base, spot, cores = 32 }: PlayedNodes): string {
  const capacity = { cpu: String(cores), memory: "128Gi", pods: "110", "ephemeral-storage": "200Gi" };
  const node = (name: string, isSpot: boolean) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": "europe-west4-a",
        ...(isSpot ? { "cloud.google.com/gke-spot": "true" } : {}),
      },
    },
    spec: isSpot
      ? { taints: [{ key: "cloud.google.com/gke-spot", value: "true", effect: "NoSchedule" }] }
      : {},
    status: { capacity, allocatable: capacity },
  });
  const many = (count: number, name: string, isSpot: boolean) =>
    Array.from({ length: count }, (_, index) => node(`${name}-${index}`, isSpot));
  return JSON.stringify({
    apiVersion: "v1",
    kind: "List",
    items: [...many(base, "base", false), ...many(spot, "spot", true)],
  });
}

/** Kinds of others, that take whatever they are given: what is in them is for their makers' own schemas to say. */
export const openCrds: string = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    ["keda.sh", "v1alpha1", "ScaledObject", "scaledobjects"],
    ["monitoring.googleapis.com", "v1", "PodMonitoring", "podmonitorings"],
    ["autoscaling.gke.io", "v1beta1", "AutoscalingMetric", "autoscalingmetrics"],
    ["cloud.google.com", "v1", "BackendConfig", "backendconfigs"],
    ["networking.gke.io", "v1", "ManagedCertificate", "managedcertificates"],
    ["networking.gke.io", "v1", "HealthCheckPolicy", "healthcheckpolicies"],
    ["networking.gke.io", "v1", "GCPBackendPolicy", "gcpbackendpolicies"],
    ["gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"],
  ].map(([group, name, kind, plural]) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      // Kubernetes' own groups are for what it has approved of, or for what says that it has not.
      annotations: { "api-approved.kubernetes.io": "unapproved, of a test" },
    },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind?.toLowerCase() },
      versions: [
        {
          name,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  })),
});
