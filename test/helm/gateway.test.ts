// A route from a Gateway in the place of an ingress: what its balancer is told, and who it says the API's clients are.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { createClientOf, parseAddressRange } from "../../services/ingest/src/client-of.ts";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, named } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

const address = "203.0.113.7";
const host = "api.music.example";
const google = {
  enabled: true,
  className: "gke-l7-global-external-managed",
  name: "outside",
  namespace: "edge",
  sectionName: "https",
  host,
  address,
};
const regional = { ...google, className: "gke-l7-rilb", address: "", proxies: ["10.80.0.0/23"] };
const envoy = { ...google, className: "envoy", address: "", namespace: "", proxies: ["10.68.0.0/14"] };

describe.skipIf(missingHelm)(`the gateway${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf("default");
  });
  const chart = (values: object) => renderChart({ fleet, image, ...values });

  test("the API's route is attached to the listener that is named, and to no other", () => {
    const { spec } = named(chart({ gateway: google }), "HTTPRoute", "ingest");
    expect(spec.parentRefs).toEqual([
      {
        group: "gateway.networking.k8s.io",
        kind: "Gateway",
        name: "outside",
        namespace: "edge",
        sectionName: "https",
      },
    ]);
    expect(spec.hostnames).toEqual([host]);
    const service = named(chart({ gateway: google }), "Service", "ingest");
    // Said in full: what is left to the API server is a difference to Argo CD, since lists of others' kinds are compared as a whole.
    expect(spec.rules[0].backendRefs).toEqual([
      {
        ...{ group: "", kind: "Service", weight: 1 },
        ...{ name: service.metadata.name, port: service.spec.ports[0].port },
      },
    ]);
    expect(named(chart({ gateway: envoy }), "HTTPRoute", "ingest").spec.parentRefs[0].namespace).toBe(
      "audio",
    );
    expect(chart({}).some(({ kind }) => kind === "HTTPRoute")).toBe(false);
  });

  test.each([
    ["of the whole world", google],
    ["of a region", regional],
  ])(
    "Google's balancer %s asks on the API's own port, and cuts neither uploads nor streams",
    (_, gateway) => {
      const manifests = chart({ gateway, serverShutdownSec: 90 });
      const target = { group: "", kind: "Service", name: "music-ingest" };
      const api = fleet.services.flatMap(({ ports }) => ports).find(({ name }) => name === "api");
      const health = named(manifests, "HealthCheckPolicy", "ingest").spec;
      expect(health).toMatchObject({
        targetRef: target,
        default: {
          config: {
            type: "HTTP",
            httpHealthCheck: {
              portSpecification: "USE_FIXED_PORT",
              port: api?.port,
              requestPath: "/readyz",
            },
          },
        },
      });
      const lameDuckMs = Number(envOf(manifests, "ingest").get("SEGUE_API_LAME_DUCK_MS"));
      expect(health.default.checkIntervalSec * health.default.unhealthyThreshold).toBeLessThan(
        lameDuckMs / 2_000,
      );
      expect(named(manifests, "GCPBackendPolicy", "ingest").spec).toEqual({
        targetRef: target,
        default: { timeoutSec: 86_400, connectionDraining: { drainingTimeoutSec: 90 } },
      });
      // It says so by its policy, and takes no timeout in a route.
      expect(named(manifests, "HTTPRoute", "ingest").spec.rules[0]).not.toHaveProperty("timeouts");
    },
  );

  test("others have no limit of time in the route, and nothing of Google's", () => {
    const manifests = chart({ gateway: envoy });
    expect(named(manifests, "HTTPRoute", "ingest").spec.rules[0].timeouts).toEqual({ request: "0s" });
    const kinds = manifests.map(({ kind }) => kind);
    for (const kind of ["HealthCheckPolicy", "GCPBackendPolicy", "Ingress", "BackendConfig"])
      expect(kinds).not.toContain(kind);
  });

  test.each([
    ["Google's", google, "35.191.8.1", `192.0.2.1, 198.51.100.4, ${address}`],
    ["Google's of a region", regional, "10.80.1.2", "192.0.2.1, 198.51.100.4"],
    ["another's", envoy, "10.70.1.2", "192.0.2.1, 198.51.100.4"],
  ])("behind %s the API knows its clients by their own addresses", (_, gateway, remoteAddress, said) => {
    const told = envOf(chart({ gateway }), "ingest");
    expect(told.get("SEGUE_API_URL")).toBe(`https://${host}`);
    const proxies = String(told.get("SEGUE_API_PROXIES"))
      .split(",")
      .map((text) => parseAddressRange(text) ?? expect.unreachable(text));
    const request = { headers: { "x-forwarded-for": said }, socket: { remoteAddress } };
    expect(createClientOf(proxies)(request as never).address).toBe("198.51.100.4");
  });

  test("who may reach the API is let in beside the balancer", () => {
    const from = (gateway: object) =>
      named(
        chart({ gateway, networkPolicies: { apiFrom: { clients: "trusted" } } }),
        "NetworkPolicy",
        "ingest",
      )
        .spec.ingress.find((rule: { from?: object }) => rule.from)
        .from.slice(1);
    const ranges = ["35.191.0.0/16", "130.211.0.0/22"].map((cidr) => ({ ipBlock: { cidr } }));
    expect(from(google)).toEqual(ranges);
    expect(from(regional)).toEqual([...ranges, { ipBlock: { cidr: "10.80.0.0/23" } }]);
    expect(from(envoy)).toEqual([{ ipBlock: { cidr: "10.68.0.0/14" } }]);
  });

  const ingress = { ...envoy, className: "nginx", tlsSecretName: "tls" };
  test.each([
    ["no class", { className: "" }, /gateway\.className: expected the class/],
    ["no Gateway", { name: "" }, /gateway\.name/],
    ["any of its listeners", { sectionName: "" }, /gateway\.sectionName: .* without TLS/],
    ["no name", { host: "" }, /gateway\.host/],
    ["no address of Google's", { address: "" }, /gateway\.address: expected the address/],
    ["nobody who is believed", { className: "envoy" }, /gateway\.proxies/],
    ["a class of several clusters", { className: "gke-l7-gxlb-mc" }, /gateway\.className: .* ServiceImport/],
    ["what there is not", { hostname: host }, /hostname/],
  ])("%s is refused, in words", (_, values, expected) => {
    expect(() => chart({ gateway: { ...google, ...values } })).toThrow(expected);
  });

  test("one way in at a time, and none without keys where that is not said", () => {
    const { name: _name, namespace: _namespace, sectionName: _section, ...own } = ingress;
    expect(() => chart({ ingress: own, gateway: google })).toThrow(
      /gateway\.enabled: expected this or ingress/,
    );
    const apiKeys = { mode: "off" };
    expect(() => chart({ apiKeys, gateway: google })).toThrow(/apiKeys\.mode: off, behind a gateway/);
    const said = envOf(chart({ apiKeys, gateway: { ...google, withoutKeys: true } }), "ingest");
    expect(said.get("SEGUE_API_KEYS")).toBe("off");
    for (const name of ["SEGUE_API_URL", "SEGUE_API_PROXIES"])
      expect(() => chart({ env: { [name]: "x" }, gateway: google })).toThrow(/expected gateway\./);
  });
});
