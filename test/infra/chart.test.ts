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
  apiHost: "api.music.example",
});
/** As Google would have chosen it. */
const address = "203.0.113.7";

if (missingHelm) console.warn(`the chart is not compared with infrastructure: ${missingHelm}`);

describe.skipIf(missingHelm)(
  `chart and infrastructure${missingHelm ? ` (skipped: ${missingHelm})` : ""}`,
  () => {
    let spec: FleetSpec;
    beforeAll(async () => {
      spec = await specOf();
    });
    const render = (fleet: FleetSpec = spec, madeFor: FleetSpec = spec, more: object = {}) => {
      const values = chartValues(madeFor, settings);
      const ingress = {
        ...values.ingress,
        address,
        enabled: true,
        className: "gce",
        managedCertificate: true,
      };
      const gateway = { ...values.gateway, address };
      return renderChart({
        fleet,
        ...values,
        ingress,
        gateway,
        image: { ...values.image, tag: "1" },
        ...more,
      });
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

    test("the ingress is at the address that is kept for the API's name", () => {
      const ingress = render().find(({ kind }) => kind === "Ingress");
      expect(ingress?.spec.rules[0].host).toBe(settings.apiHost);
      const kept = ingress?.metadata.annotations?.["kubernetes.io/ingress.global-static-ip-name"];
      expect(argsOf("api-address")).toMatchObject({ name: kept });
      expect(argsOf("uptime")).toMatchObject({ monitoredResource: { labels: { host: settings.apiHost } } });
    });

    test("any placement runs on it; another fleet, and a step that came later, do not", async () => {
      const economy = await specOf("economy");
      for (const [fleet, madeFor] of [
        [economy, spec],
        [spec, economy],
      ] as const)
        expect(render(fleet, madeFor).filter(({ kind }) => kind === "Deployment")).toHaveLength(
          fleet.services.length,
        );
      expect(() => render({ ...spec, prefix: "other" })).toThrow(
        "infra.prefix: infrastructure was made for segue",
      );
      const [first] = spec.services;
      const more = { ...spec, services: [...spec.services, { ...first, name: "lyrics" }] } as FleetSpec;
      expect(() => render(more)).toThrow("infrastructure has no account for lyrics");
    });

    test("another namespace is not whose services may be who they are; a release may be called otherwise", () => {
      const { infra } = chartValues(spec, settings);
      expect(() => render(spec, spec, { infra: { ...infra, namespace: "segue" } })).toThrow(
        "infra.namespace: infrastructure lets services of the namespace segue be who they are, and this is audio",
      );
      const accounts = render(spec, spec, { infra: { ...infra, release: "segue" } }).filter(
        ({ kind }) => kind === "ServiceAccount",
      );
      expect(accounts.map(({ metadata }) => metadata.name)).toEqual(
        spec.services.map(({ name }) => `segue-${name}`),
      );
    });

    test("a service has as many workers as find room in its pool, and no limit below that", () => {
      const maxOf = (machineType: string) =>
        chartValues(spec, parseSettings({ ...leastSettings, spotCpu: { machineType, maxNodes: 20 } }));
      // Part of a core is the node's own.
      expect(maxOf("n2d-standard-16")).toMatchObject({ autoscaling: { maxReplicas: 300 } });
      for (const machineType of ["n2d-custom-8-32768", "custom-8-32768", "c3-standard-8-lssd"])
        expect(maxOf(machineType)).toMatchObject({ autoscaling: { maxReplicas: 140 } });
      expect(maxOf("e2-medium")).not.toHaveProperty("autoscaling");
      const { autoscaling } = chartValues(spec, settings);
      const decode = render(spec, spec, { autoscaling: { ...autoscaling, by: "keda" } }).find(
        ({ kind, metadata }) => kind === "ScaledObject" && metadata.name === "music-decode",
      );
      expect(decode?.spec.maxReplicaCount).toBe(350);
    });

    test("who fetches is told of the buckets that it may read", () => {
      const env = render()
        .find(({ kind, metadata }) => kind === "Deployment" && metadata.name === "music-fetch")
        ?.spec.template.spec.containers[0].env.find(
          ({ name }: { name: string }) => name === "SEGUE_SOURCE_BUCKETS",
        );
      expect(env).toEqual({ name: "SEGUE_SOURCE_BUCKETS", value: "library" });
      expect(argsOf("account/fetch/sources/library")).toMatchObject({ bucket: "library" });
      const own = { env: { SEGUE_SOURCE_BUCKETS: "other" } };
      expect(() => render(spec, spec, own)).toThrow(/SEGUE_SOURCE_BUCKETS: .* sourceBuckets in the settings/);
    });
  },
);
