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
  ingress: { enabled: true, className: "gce", host: "api.example", tlsSecretName: "tls" },
  podMonitoring: { enabled: true },
  env: { SEGUE_LOG_LEVEL: "debug" },
};
/** By name: the placement, and what is asked for beside an image. */
const valueSets: Readonly<Record<string, readonly [placement: string, values: object]>> = {
  default: ["default", {}],
  economy: ["economy", {}],
  keda: ["default", { autoscaling: { by: "keda" } }],
  gke: ["economy", { autoscaling: { by: "gke" }, podMonitoring: { enabled: true } }],
  "one fixed": ["default", { services: { decode: { replicas: 3 }, ingest: { replicas: 2 } } }],
  everything: ["economy", everything],
};
/** Of these all that is rendered is kept beside the test: a change of the chart shows what it comes to. */
const golden = ["economy", "everything"];

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
      for (const { spec } of ofKind("PodMonitoring")) {
        const scraped = selected(spec.selector.matchLabels);
        expect(scraped).toEqual(deployments);
        for (const each of scraped)
          for (const { port } of spec.endpoints) expect(portsOf(each)).toContain(port);
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
