// What holds of every rendering of the chart, whatever is asked for: all that is referred to is there.
import { readFileSync } from "node:fs";
import { usualMaxReplicas } from "@segue/step";
import { beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { specOf } from "../support/project-spec.ts";
import { type Manifest, missingHelm, renderChart } from "./render-chart.ts";

const image = { repository: "registry.example/segue/fleet", tag: "1.2.3" };
const everything = {
  image: { repository: image.repository, digest: `sha256:${"a".repeat(64)}`, pullSecrets: ["pull"] },
  shutdownSec: 60,
  spot: "require",
  autoscaling: { by: "keda", maxReplicas: 80 },
  gpu: {
    enabled: true,
    nodeSelector: { "cloud.google.com/gke-accelerator": "nvidia-l4" },
    image: { repository: `${image.repository}-gpu`, tag: image.tag },
  },
  workloadIdentity: { project: "music" },
  ingress: {
    enabled: true,
    className: "gce",
    host: "api.example",
    managedCertificate: true,
    address: "203.0.113.7",
    addressName: "segue-api",
  },
  networkPolicies: { apiFrom: { clients: "trusted" }, publicPorts: [8_443] },
  podMonitoring: { enabled: true },
  env: { SEGUE_LOG_LEVEL: "debug" },
};
/** With other controllers, operators and collectors than Google's. */
const elsewhere = {
  apiKeys: { mode: "off" },
  ingress: {
    enabled: true,
    className: "nginx",
    host: "api.example",
    tlsSecretName: "tls",
    proxies: ["10.68.0.0/14", "10.0.0.3"],
    serviceAnnotations: { "nginx.example/keep": "yes" },
    withoutKeys: true,
  },
  networkPolicies: { enabled: false },
  podMonitoring: { enabled: true, as: "prometheus-operator" },
  services: { catalog: { image: { tag: "1.2.4" } } },
};
const byGateway = {
  autoscaling: { by: "keda" },
  gateway: {
    enabled: true,
    className: "gke-l7-global-external-managed",
    name: "outside",
    namespace: "edge",
    sectionName: "https",
    host: "api.example",
    address: "203.0.113.7",
  },
  serverPriority: { create: false, className: "important" },
  services: { analysis: { env: { SEGUE_CONCURRENCY: "2" } }, ingest: { memoryMiB: 512 } },
};
/** By name: the placement, and what is asked for beside an image. */
const valueSets: Readonly<Record<string, readonly [placement: string, values: object]>> = {
  default: ["default", {}],
  economy: ["economy", {}],
  keda: ["default", { autoscaling: { by: "keda" } }],
  gke: ["economy", { autoscaling: { by: "gke" }, podMonitoring: { enabled: true } }],
  "one fixed": ["default", { services: { decode: { replicas: 3 }, ingest: { replicas: 2 } } }],
  "nobody but some": ["default", { networkPolicies: { apiFrom: { clients: "trusted" } } }],
  everything: ["economy", everything],
  elsewhere: ["economy", elsewhere],
  gateway: ["economy", byGateway],
  watched: [
    "economy",
    {
      podMonitoring: { enabled: true },
      alerts: { as: "google", labels: { team: "music" }, runbookUrl: "https://wiki.example/segue" },
      dashboards: { enabled: true },
    },
  ],
  "watched by others": [
    "default",
    { podMonitoring: { enabled: true, as: "prometheus-operator" }, alerts: { as: "prometheus-operator" } },
  ],
};
/** Of these all that is rendered is kept beside the test: a change of the chart shows what it comes to. */
const golden = ["economy", "everything", "elsewhere", "gateway"];

describe.skipIf(missingHelm)(
  `the chart, in general${missingHelm ? ` (skipped: ${missingHelm})` : ""}`,
  () => {
    const rendered = new Map<string, Manifest[]>();
    const of = (name: string) => rendered.get(name) ?? [];
    beforeAll(async () => {
      for (const [name, [placement, values]] of Object.entries(valueSets)) {
        rendered.set(name, renderChart({ fleet: await specOf(placement), image, ...values }));
      }
    });

    test.each(Object.keys(valueSets))("%s: each thing is there once", (name) => {
      const names = of(name).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((each, index) => names.indexOf(each) !== index)).toEqual([]);
    });

    test.each(Object.keys(valueSets))("%s: what refers to something finds it", (name) => {
      const manifests = of(name);
      const ofKind = (kind: string) => manifests.filter((each) => each.kind === kind);
      const deployments = ofKind("Deployment");
      const labelsOf = (deployment: Manifest): Record<string, string> =>
        deployment.spec.template.metadata.labels;
      const selected = (labels: Record<string, string>) =>
        deployments.filter((each) =>
          Object.entries(labels).every(([key, value]) => labelsOf(each)[key] === value),
        );
      const portsOf = (deployment: Manifest): string[] =>
        deployment.spec.template.spec.containers[0].ports.map((port: { name: string }) => port.name);
      const accounts = ofKind("ServiceAccount").map(({ metadata }) => metadata.name);
      for (const deployment of deployments) {
        expect(selected(deployment.spec.selector.matchLabels)).toEqual([deployment]);
        expect(accounts).toContain(deployment.spec.template.spec.serviceAccountName);
      }
      for (const { spec } of [...ofKind("NetworkPolicy"), ...ofKind("PodDisruptionBudget")])
        expect(selected((spec.podSelector ?? spec.selector).matchLabels)).toHaveLength(1);
      for (const { spec } of ofKind("Service")) {
        const [target, ...others] = selected(spec.selector);
        expect(others).toEqual([]);
        for (const { targetPort } of spec.ports) expect(portsOf(target as Manifest)).toContain(targetPort);
      }
      for (const { spec } of [...ofKind("PodMonitoring"), ...ofKind("PodMonitor")]) {
        const scraped = selected(spec.selector.matchLabels);
        expect(scraped).toEqual(deployments);
        for (const each of scraped)
          for (const { port } of spec.endpoints ?? spec.podMetricsEndpoints)
            expect(portsOf(each)).toContain(port);
      }
      for (const { spec } of ofKind("Ingress"))
        for (const { http } of spec.rules)
          for (const { backend } of http.paths) {
            const service = ofKind("Service").find(({ metadata }) => metadata.name === backend.service.name);
            expect(service?.spec.ports).toContainEqual(expect.objectContaining(backend.service.port));
          }
      for (const { spec } of ofKind("HTTPRoute"))
        for (const { name: to, port } of spec.rules[0].backendRefs) {
          const service = ofKind("Service").find(({ metadata }) => metadata.name === to);
          expect(service?.spec.ports).toContainEqual(expect.objectContaining({ port }));
        }
      for (const { spec } of [...ofKind("HealthCheckPolicy"), ...ofKind("GCPBackendPolicy")])
        expect(ofKind("Service").map(({ metadata }) => metadata.name)).toContain(spec.targetRef.name);
      const classes = ofKind("PriorityClass").map(({ metadata }) => metadata.name);
      const asked = new Set(deployments.flatMap(({ spec }) => spec.template.spec.priorityClassName ?? []));
      if (name !== "gateway") expect([...asked]).toEqual(classes);
      // What Google's controllers find by an annotation, in which it stands as JSON, or by itself.
      for (const { kind, metadata } of manifests)
        for (const [annotation, wanted] of [
          ["cloud.google.com/backend-config", "BackendConfig"],
          ["networking.gke.io/managed-certificates", "ManagedCertificate"],
        ] as const) {
          const value = metadata.annotations?.[annotation];
          if (value === undefined) continue;
          const name = value.startsWith("{") ? JSON.parse(value).default : value;
          expect([kind, ofKind(wanted).map((each) => each.metadata.name)]).toEqual([kind, [name]]);
        }
      const scaled = [...ofKind("HorizontalPodAutoscaler"), ...ofKind("ScaledObject")];
      const targets = scaled.map(({ spec }) => spec.scaleTargetRef.name);
      // Two that scale one thing would fight over it; and what is scaled has no number of its own.
      expect(new Set(targets).size).toBe(targets.length);
      for (const deployment of deployments)
        expect(deployment.spec.replicas === undefined).toBe(targets.includes(deployment.metadata.name));
      expect(deployments.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(targets));
    });

    test.each(golden)("%s: all that is rendered", async (name) => {
      const text = of(name)
        .map((manifest) => `---\n${stringify(manifest, { lineWidth: 0 })}`)
        .join("");
      await expect(text).toMatchFileSnapshot(`golden/${name}.yaml`);
    });
  },
);

test("the limit that services have in the chart is the one that segue simulate plays with", () => {
  const values = parse(readFileSync(new URL("../../helm/segue/values.yaml", import.meta.url), "utf8"));
  expect(values.autoscaling.maxReplicas).toBe(usualMaxReplicas);
});
