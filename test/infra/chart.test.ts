// What the chart calls accounts, nodes and graces, and what infrastructure makes of them, are the same.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { chartValues, parseSettings, topology } from "@segue/infra";
import { beforeAll, describe, expect, test } from "vitest";
import { leastSettings } from "../../packages/infra/src/fixtures/fleets.ts";
import { missingHelm, renderChart } from "../helm/render-chart.ts";
import { specOf } from "../support/project-spec.ts";

/** As `renderChart` installs it. */
const installed = { release: "music", namespace: "audio" };
const settings = parseSettings({
  ...leastSettings,
  ...installed,
  sourceBuckets: ["library"],
});

if (missingHelm) console.warn(`the chart is not compared with infrastructure: ${missingHelm}`);

describe.skipIf(missingHelm)(
  `chart and infrastructure${missingHelm ? ` (skipped: ${missingHelm})` : ""}`,
  () => {
    let spec: FleetSpec;
    beforeAll(async () => {
      spec = await specOf();
    });
    const render = () => {
      const values = chartValues(spec, settings);
      return renderChart({ fleet: spec, ...values, image: { ...values.image, tag: "1" } });
    };
    const argsOf = (name: string) => topology(spec, settings).find((each) => each.name === name)?.args;

    test("a service's account in the cluster is the one that may be its account at Google", () => {
      const accounts = render().filter(({ kind }) => kind === "ServiceAccount");
      expect(accounts.length).toBe(spec.services.length);
      for (const { metadata } of accounts) {
        const email = metadata.annotations?.["iam.gke.io/gcp-service-account"];
        const service = metadata.name.replace("music-", "");
        expect(argsOf(`account/${service}/workload`)).toEqual({
          serviceAccountId: `projects/segue-local/serviceAccounts/${email}`,
          role: "roles/iam.workloadIdentityUser",
          member: `serviceAccount:segue-local.svc.id.goog[audio/${metadata.name}]`,
        });
        expect(argsOf(`account/${service}`)).toMatchObject({ accountId: email?.split("@")[0] });
      }
    });

    test("workers tolerate the taint of preemptible nodes, and have the time that those give", () => {
      const decode = render().find(
        ({ kind, metadata }) => kind === "Deployment" && metadata.name === "music-decode",
      );
      const pod = decode?.spec.template.spec;
      expect(argsOf("pool/spot-cpu")).toMatchObject({
        nodeConfig: {
          taints: [{ key: pod.tolerations[0].key, effect: "NO_SCHEDULE" }],
          kubeletConfig: { shutdownGracePeriodSeconds: pod.terminationGracePeriodSeconds + 15 },
        },
      });
    });

    test("a service has as many workers as its pool has cores, and no limit below that", () => {
      const maxOf = (machineType: string) =>
        chartValues(spec, parseSettings({ ...leastSettings, spotCpu: { machineType, maxNodes: 20 } }));
      expect(maxOf("n2d-standard-16")).toMatchObject({ autoscaling: { maxReplicas: 320 } });
      expect(maxOf("e2-medium")).not.toHaveProperty("autoscaling");
      const values = chartValues(spec, settings);
      const autoscaling = { ...values.autoscaling, by: "keda" };
      const scaled = renderChart({
        fleet: spec,
        ...values,
        autoscaling,
        image: { ...values.image, tag: "1" },
      });
      const decode = scaled.find(
        ({ kind, metadata }) => kind === "ScaledObject" && metadata.name === "music-decode",
      );
      expect(decode?.spec.maxReplicaCount).toBe(400);
    });

    test("who fetches is told of the buckets that it may read", () => {
      const env = render()
        .find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "music-fetch")
        ?.spec.template.spec.containers[0].env.find(
          ({ name }: { name: string }) => name === "SEGUE_SOURCE_BUCKETS",
        );
      expect(env).toEqual({ name: "SEGUE_SOURCE_BUCKETS", value: "library" });
      expect(argsOf("account/fetch/sources/library")).toMatchObject({ bucket: "library" });
    });
  },
);
