// The values and the definitions of releases that docs/deploy.md shows: what is copied from there renders.
import { readFileSync } from "node:fs";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { chartValues, parseSettings } from "@segue/infra";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { leastSettings } from "../../packages/infra/src/fixtures/fleets.ts";
import { specOf } from "../support/project-spec.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

const page = readFileSync(new URL("../../docs/deploy.md", import.meta.url), "utf8");
const shown = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => parse(text));
const kindOf = (kind: string) => shown.find((each) => each.kind === kind) ?? expect.unreachable(kind);
const mine = shown.find((each) => "autoscaling" in each);
const settings = parseSettings({ ...leastSettings, apiHost: "api.music.example" });

describe.skipIf(missingHelm)(`docs/deploy.md${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let files: ReadonlyMap<string, object>;
  beforeAll(async () => {
    const fleet: FleetSpec = await specOf("economy");
    const { ingress, gateway, ...values } = chartValues(fleet, { ...settings, namespace: "audio" });
    const address = "203.0.113.7";
    files = new Map<string, object>([
      ["fleet.json", { fleet }],
      ["infra.json", { ...values, ingress: { ...ingress, address }, gateway: { ...gateway, address } }],
      ["mine.yaml", mine],
    ]);
  });
  const rendered = (names: readonly string[], own: object, release: string) => {
    const given = names.map((name) => files.get(name.split("/").at(-1) ?? "") ?? expect.unreachable(name));
    return renderChart([...given, own].reduce(joinValues, {}), release);
  };
  const expectWhole = (manifests: ReturnType<typeof renderChart>) => {
    const kinds = new Set(manifests.map(({ kind }) => kind));
    for (const kind of [
      "Ingress",
      "BackendConfig",
      "ManagedCertificate",
      "PodMonitoring",
      "ScaledObject",
      "Deployment",
    ])
      expect(kinds).toContain(kind);
    for (const { kind, spec } of manifests)
      if (kind === "Deployment") expect(spec.template.spec.containers[0].image).toMatch(/:1\.0\.0$/);
  };
  const inOrder = ["fleet.json", "infra.json", "mine.yaml"];

  test("helm's own command", () => {
    const [, options = ""] = /^helm upgrade --install segue helm\/segue (.*)$/m.exec(page) ?? [];
    expect([...options.matchAll(/-f (\S+)/g)].map(([, name]) => name)).toEqual(inOrder);
    expect(options).toContain("--set-string image.tag=1.0.0");
    expectWhole(rendered(inOrder, { image: { tag: "1.0.0" } }, settings.release));
  });

  test("Argo CD", () => {
    const { source, destination } = kindOf("Application").spec;
    expect([source.helm.releaseName, destination.namespace]).toEqual([settings.release, settings.namespace]);
    expect(source.helm.valueFiles).toEqual(inOrder.map((name) => `../../deploy/${name}`));
    // A tag of digits would be a number otherwise.
    for (const parameter of source.helm.parameters) expect(parameter).toMatchObject({ forceString: true });
    const set = Object.fromEntries(
      source.helm.parameters.map(({ name, value }: Record<string, string>) => [name, value]),
    );
    expect(set).toEqual({ "image.tag": "1.0.0" });
    expectWhole(
      rendered(source.helm.valueFiles, { image: { tag: set["image.tag"] } }, source.helm.releaseName),
    );
  });

  test("Flux", () => {
    const { metadata, spec } = kindOf("HelmRelease");
    expect([spec.releaseName, metadata.namespace]).toEqual([settings.release, settings.namespace]);
    const [defaults, ...others] = spec.chart.spec.valuesFiles;
    // With a list of its own it reads no others: neither is the chart's own left out, nor a file that is newer than the chart's version.
    expect(defaults).toBe("helm/segue/values.yaml");
    expect(spec.chart.spec.reconcileStrategy).toBe("Revision");
    expect(others).toEqual(inOrder.map((name) => `deploy/${name}`));
    expectWhole(rendered(others, spec.values, spec.releaseName));
  });
});

/** As helm does with several files: what comes later goes before, value by value. */
function joinValues(before: object, after: object): object {
  const isMap = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const joined: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    const there = joined[name];
    joined[name] = isMap(there) && isMap(value) ? joinValues(there, value) : value;
  }
  return joined;
}
