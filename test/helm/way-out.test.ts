// What a release may reach outside, and what it is told of a proxy.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, named } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

describe.skipIf(missingHelm)(`the way out${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf();
  });
  const chart = (values: object = {}) => renderChart({ fleet, image, ...values });
  const portsOf = (manifests: ReturnType<typeof chart>, service: string): number[] =>
    named(manifests, "NetworkPolicy", service).spec.egress.flatMap((rule: { ports: { port: number }[] }) =>
      rule.ports.map((each) => each.port),
    );

  test("a proxy is told those who ask for URLs of others, and can be reached by them alone", () => {
    const proxy = "http://proxy.corp.example:3128";
    const manifests = chart({ env: { SEGUE_EGRESS_PROXY: proxy } });
    for (const { name } of fleet.services) {
      const goesOut = ["fetch", "catalog"].includes(name);
      expect([name, envOf(manifests, name).get("SEGUE_EGRESS_PROXY")]).toEqual([
        name,
        goesOut ? proxy : undefined,
      ]);
      expect([name, portsOf(manifests, name).includes(3_128)]).toEqual([name, goesOut]);
    }
    expect(portsOf(chart({ env: { SEGUE_EGRESS_PROXY: "https://proxy.example/" } }), "fetch")).toContain(443);
  });

  test.each(["proxy:3128", "http://me:secret@proxy:3128", "socks5://proxy:1080", "http://proxy/path"])(
    "%s is no proxy's address",
    (proxy) => {
      expect(() => chart({ env: { SEGUE_EGRESS_PROXY: proxy } })).toThrow(
        "SEGUE_EGRESS_PROXY: expected http://host:port",
      );
    },
  );

  test("who logs in at a proxy is not told where it is refused: rendering has logs, too", () => {
    const told = () => chart({ env: { SEGUE_EGRESS_PROXY: "http://me:hunter2@proxy:3128" } });
    expect(told).toThrow('got "http://...@proxy:3128"');
    expect(told).not.toThrow("hunter2");
  });

  test.each(["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY", "GRPC_PROXY"])(
    "%s is refused, with why, and what there is instead",
    (name) => {
      expect(() => chart({ env: { [name]: "http://proxy:3128" } })).toThrow(
        new RegExp(`env\\.${name}: Google's APIs are reached without a proxy, .*SEGUE_EGRESS_PROXY`),
      );
      expect(() => chart({ services: { fetch: { env: { [name]: "x" } } } })).toThrow(
        `services.fetch.env.${name}: Google's APIs`,
      );
    },
  );

  test("a bucket of the fleet's own is no source, whoever says it", () => {
    const own = fleet.buckets[0]?.name ?? "";
    const words = `${own} is the fleet's own, which no source may name`;
    expect(() => chart({ infra: { sourceBuckets: ["library", own] } })).toThrow(
      `infra.sourceBuckets: ${words}`,
    );
    expect(() => chart({ env: { SEGUE_SOURCE_BUCKETS: `library, ${own}` } })).toThrow(
      `env.SEGUE_SOURCE_BUCKETS: ${words}`,
    );
    expect(() => chart({ services: { fetch: { env: { SEGUE_SOURCE_BUCKETS: own } } } })).toThrow(
      `services.fetch.env.SEGUE_SOURCE_BUCKETS: ${words}`,
    );
    expect(() => chart({ env: { SEGUE_SOURCE_BUCKETS: "library" } })).not.toThrow();
  });
});
