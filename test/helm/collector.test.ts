// Where spans and metrics go that a release sends, and what they say of it.

import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, named } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

if (missingHelm) console.warn(`what a release tells a collector is not tested: ${missingHelm}`);

describe.skipIf(missingHelm)(`a collector${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf("default");
  });
  const chart = (values: object = {}) => renderChart({ fleet, image, ...values });

  test.each([
    ["http://collector.observability:4318", 4_318],
    ["http://collector", 80],
    ["https://collector.example/otlp", 443],
  ])("a collector at %s can be reached, and nobody's is where none is named", (endpoint, port) => {
    const portsOf = (manifests: ReturnType<typeof chart>): number[] =>
      named(manifests, "NetworkPolicy", "decode").spec.egress.flatMap((rule: { ports: { port: number }[] }) =>
        rule.ports.map((each) => each.port),
      );
    const before = portsOf(chart());
    const after = portsOf(chart({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } }));
    expect(after.toSorted()).toEqual([...before, port].toSorted());
  });

  test.each(["10.0.0.3:4318", "collector", "localhost:4318"])("%s is no collector's address", (endpoint) => {
    expect(() => chart({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })).toThrow(
      `expected http://host:port, got "${endpoint}"`,
    );
  });

  test("what is said of a process goes with what the chart says of it", () => {
    const told = (env: object) =>
      envOf(chart({ env }), "decode").get("OTEL_RESOURCE_ATTRIBUTES")?.toString() ?? "";
    expect(told({})).toMatch(/^k8s\.namespace\.name=\$\(POD_NAMESPACE\),.*,service\.version=[^,]+$/);
    expect(told({ OTEL_RESOURCE_ATTRIBUTES: "team=music" })).toBe(`${told({})},team=music`);
    const digest = `sha256:${"a".repeat(64)}`;
    const both = chart({ image: { ...image, digest } });
    expect(envOf(both, "decode").get("OTEL_RESOURCE_ATTRIBUTES")).toContain(`service.version=${digest}`);
  });
});
