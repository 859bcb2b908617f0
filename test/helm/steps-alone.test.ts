// Steps in a release of their own, beside that of the fleet: who they are, who says how many there are, and what is not theirs.
import { metrics } from "@segue/catalog/metrics";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { chartValues, parseSettings, topology } from "@segue/infra";
import { beforeAll, describe, expect, test } from "vitest";
import { leastSettings } from "../../packages/infra/src/fixtures/fleets.ts";
import { specOf } from "../support/project-spec.ts";
import { image, named } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

describe.skipIf(missingHelm)(`steps alone${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  let alone: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf("default");
    alone = { ...fleet, services: fleet.services.filter(({ name }) => name === "loudness") };
  });
  const chart = (values: object) => renderChart({ fleet: alone, image, ...values });

  test("KEDA asks the catalog of the fleet's own release, where that is said", () => {
    const beside = renderChart({ fleet, image, autoscaling: { by: "keda" } }, "segue");
    const { metadata, spec } =
      beside.find(({ kind, metadata }) => kind === "Service" && metadata.name === "segue-catalog") ??
      expect.unreachable();
    const catalog = `${metadata.name}.audio.svc`;
    const { triggers } = named(
      chart({ autoscaling: { by: "keda", catalog } }),
      "ScaledObject",
      "loudness",
    ).spec;
    expect(triggers[0].metadata).toMatchObject({
      url: `http://${catalog}:${spec.ports[0].port}/metrics`,
      valueLocation: `${metrics.wantedReplicas.name}{service="loudness"}`,
    });
    // Nobody would say how many there are to be, and one there would be for ever.
    expect(() => chart({ autoscaling: { by: "keda" } })).toThrow(
      "autoscaling.catalog: this release has no catalog",
    );
    const own = renderChart({ fleet, image, autoscaling: { by: "keda", catalog: "other.audio.svc" } });
    expect(named(own, "ScaledObject", "loudness").spec.triggers[0].metadata.url).toMatch(
      "//music-catalog.audio",
    );
  });

  test("they are at Google who they would be in the release that infrastructure was made for", () => {
    const settings = parseSettings({
      ...leastSettings,
      release: "segue",
      namespace: "audio",
      sourceBuckets: ["library"],
    });
    const { image: repository, ...values } = chartValues(fleet, settings);
    const manifests = chart({ ...values, image: { ...repository, tag: "1" } });
    const account = manifests.find(({ kind }) => kind === "ServiceAccount");
    const { spec } = named(manifests, "Deployment", "loudness");
    expect(spec.template.spec.serviceAccountName).toBe(account?.metadata.name);
    const workload = topology(fleet, settings).find(({ name }) => name === "account/loudness/workload");
    expect(workload?.args).toMatchObject({
      member: `serviceAccount:segue-local.svc.id.goog[audio/${account?.metadata.name}]`,
    });
  });

  test("what is of a whole fleet is refused, in words", () => {
    const host = "api.music.example";
    const proxies = ["10.0.0.0/8"];
    expect(() => chart({ alerts: { as: "google" } })).toThrow(/alerts\.as: expected none/);
    expect(() =>
      chart({ ingress: { enabled: true, className: "nginx", host, tlsSecretName: "tls", proxies } }),
    ).toThrow(/ingress\.enabled: expected false, for no service of this release/);
    expect(() =>
      chart({
        gateway: { enabled: true, className: "envoy", name: "outside", sectionName: "https", host, proxies },
      }),
    ).toThrow(/gateway\.enabled: expected false/);
    expect(chart({}).map(({ kind }) => kind)).not.toContain("PriorityClass");
  });
});
