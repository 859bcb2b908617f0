// What the API's balancer is told, and who it says its clients are.
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
  className: "gce",
  host,
  managedCertificate: true,
  address,
  addressName: "segue-api",
};
const nginx = {
  enabled: true,
  className: "nginx",
  host,
  tlsSecretName: "tls",
  proxies: ["10.68.0.0/14", "10.0.0.3"],
};

describe.skipIf(missingHelm)(`the ingress${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf("default");
  });
  const chart = (values: object) => renderChart({ fleet, image, ...values });

  test("Google's controller takes it up, over TLS alone, at the address that is kept for it", () => {
    const manifests = chart({ ingress: google });
    const { spec, metadata } = named(manifests, "Ingress", "ingest");
    // It goes by the annotation, and does nothing about what has `ingressClassName` alone.
    expect(spec).not.toHaveProperty("ingressClassName");
    expect(metadata.annotations).toEqual({
      "kubernetes.io/ingress.class": "gce",
      "kubernetes.io/ingress.allow-http": "false",
      "kubernetes.io/ingress.global-static-ip-name": "segue-api",
      "networking.gke.io/managed-certificates": "music-ingest",
    });
    expect(named(manifests, "ManagedCertificate", "ingest").spec).toEqual({ domains: [host] });
    expect(spec).not.toHaveProperty("tls");
    expect(spec.rules[0]).toMatchObject({
      host,
      http: { paths: [{ backend: { service: { name: "music-ingest", port: { name: "api" } } } }] },
    });
    const own = { ...google, managedCertificate: false, tlsSecretName: "tls" };
    expect(named(chart({ ingress: own }), "Ingress", "ingest").spec.tls).toEqual([
      { hosts: [host], secretName: "tls" },
    ]);
  });

  test("it asks on the API's own port whether it is well, and cuts neither uploads nor streams", () => {
    const manifests = chart({ ingress: google, serverShutdownSec: 90 });
    expect(named(manifests, "Service", "ingest").metadata.annotations).toEqual({
      "cloud.google.com/neg": '{"ingress": true}',
      "cloud.google.com/backend-config": '{"default": "music-ingest"}',
    });
    const api = fleet.services.flatMap(({ ports }) => ports).find(({ name }) => name === "api");
    const { spec } = named(manifests, "BackendConfig", "ingest");
    expect(spec).toMatchObject({
      healthCheck: { type: "HTTP", port: api?.port, requestPath: "/readyz" },
      timeoutSec: 86_400,
      connectionDraining: { drainingTimeoutSec: 90 },
    });
    // Out of it, by checks that fail, before an instance that ends takes no more requests.
    const { checkIntervalSec, timeoutSec, unhealthyThreshold } = spec.healthCheck;
    expect(timeoutSec).toBeLessThanOrEqual(checkIntervalSec);
    const lameDuckMs = Number(envOf(manifests, "ingest").get("SEGUE_API_LAME_DUCK_MS"));
    expect(checkIntervalSec * unhealthyThreshold).toBeLessThan(lameDuckMs / 2_000);
  });

  test("another controller has its class, and nothing of Google's", () => {
    const annotations = { "nginx.example/timeout": "600" };
    const serviceAnnotations = { "nginx.example/check": "/readyz" };
    const manifests = chart({ ingress: { ...nginx, annotations, serviceAnnotations } });
    const { spec, metadata } = named(manifests, "Ingress", "ingest");
    expect(spec).toMatchObject({ ingressClassName: "nginx", tls: [{ hosts: [host], secretName: "tls" }] });
    expect(metadata.annotations).toEqual(annotations);
    expect(named(manifests, "Service", "ingest").metadata.annotations).toEqual(serviceAnnotations);
    expect(manifests.some(({ kind }) => ["BackendConfig", "ManagedCertificate"].includes(kind))).toBe(false);
    const without = chart({});
    expect(without.some(({ kind }) => kind === "Ingress" || kind === "BackendConfig")).toBe(false);
    expect(named(without, "Service", "ingest").metadata.annotations).toBeUndefined();
    expect(envOf(without, "ingest").has("SEGUE_API_URL")).toBe(false);
    expect(envOf(without, "ingest").has("SEGUE_API_PROXIES")).toBe(false);
  });

  test("Google's inner balancer is told the same, and has an address of another kind", () => {
    const inner = { ...google, className: "gce-internal", managedCertificate: false, tlsSecretName: "tls" };
    const manifests = chart({ ingress: { ...inner, proxies: ["10.80.0.0/23", "10.64.0.9"] } });
    expect(named(manifests, "Ingress", "ingest").metadata.annotations).toEqual({
      "kubernetes.io/ingress.class": "gce-internal",
      "kubernetes.io/ingress.allow-http": "false",
    });
    expect(named(manifests, "BackendConfig", "ingest").spec.timeoutSec).toBe(86_400);
    const ranges = "35.191.0.0/16,130.211.0.0/22,10.80.0.0/23,10.64.0.9/32";
    expect(envOf(manifests, "ingest").get("SEGUE_API_PROXIES")).toBe(ranges);
    expect(() => chart({ ingress: inner })).toThrow(/ingress\.proxies/);
  });

  test.each([
    // Google's proxies add the client's address and the balancer's own to what is there.
    ["gce", google, "35.191.8.1", `192.0.2.1, 198.51.100.4, ${address}`, "198.51.100.4"],
    ["nginx", nginx, "10.70.1.2", "192.0.2.1, 198.51.100.4", "198.51.100.4"],
    ["nginx", nginx, "10.0.0.3", "198.51.100.4, 10.71.0.9", "198.51.100.4"],
    ["nobody that is known", google, "198.51.100.9", "192.0.2.1", "198.51.100.9"],
  ])(
    "behind %s the API knows its clients by their own addresses",
    (_, ingress, remoteAddress, said, client) => {
      const told = envOf(chart({ ingress }), "ingest");
      expect(told.get("SEGUE_API_URL")).toBe(`https://${host}`);
      const proxies = String(told.get("SEGUE_API_PROXIES"))
        .split(",")
        .map((text) => parseAddressRange(text) ?? expect.unreachable(text));
      const request = { headers: { "x-forwarded-for": said }, socket: { remoteAddress } };
      expect(createClientOf(proxies)(request as never).address).toBe(client);
    },
  );

  test.each([
    ["gce", google, ["35.191.0.0/16", "130.211.0.0/22"]],
    [
      "gce-internal",
      { ...nginx, className: "gce-internal" },
      ["35.191.0.0/16", "130.211.0.0/22", "10.68.0.0/14", "10.0.0.3/32"],
    ],
    ["nginx", nginx, ["10.68.0.0/14", "10.0.0.3/32"]],
    ["nobody", { enabled: false }, []],
  ])("who may reach the API is let in beside the balancer of %s, and nobody else", (_, ingress, ranges) => {
    const fromOf = (values: object) => named(chart(values), "NetworkPolicy", "ingest").spec.ingress;
    const apiFrom = { clients: "trusted" };
    const rules = fromOf({ ingress, networkPolicies: { apiFrom } });
    expect(rules.find(({ from }: { from?: object }) => from)?.from).toEqual([
      { namespaceSelector: { matchLabels: apiFrom } },
      ...ranges.map((cidr) => ({ ipBlock: { cidr } })),
    ]);
    expect(fromOf({ ingress }).some(({ from }: { from?: object }) => from)).toBe(false);
  });

  test.each([
    ["no class", { className: "" }, /ingress\.className: expected gce/],
    ["no name", { host: "" }, /ingress\.host/],
    ["no TLS", { managedCertificate: false }, /ingress\.tlsSecretName/],
    ["no address of Google's", { address: "" }, /ingress\.address: expected a static address/],
    ["an address without its name", { addressName: "" }, /ingress\.address: .* addressName/],
    ["a certificate of Google's elsewhere", { className: "nginx" }, /ingress\.managedCertificate/],
    ["nobody who is believed", { ...nginx, managedCertificate: false, proxies: [] }, /ingress\.proxies/],
    ["a proxy that is none", { proxies: ["nginx"] }, /proxies/],
    ["an address with a number too large", { proxies: ["10.0.0.256"] }, /proxies/],
    ["a range that is none", { proxies: ["10.0.0.0/33"] }, /proxies/],
    ["a range of IPv6 that is none", { proxies: ["fd00::/129"] }, /proxies/],
    ["an address by its name", { address: "segue-api" }, /address/],
    ["a host that is a URL", { host: `https://${host}/` }, /host/],
  ])("%s is refused, in words", (_, values, expected) => {
    expect(() => chart({ ingress: { ...google, ...values } })).toThrow(expected);
  });

  test.each(["2001:DB8::/32", "fd00::1", "::ffff:10.0.0.1", "10.0.0.0/8", "192.0.2.255"])(
    "%s is taken, and is a range to the API",
    (range) => {
      const told = envOf(chart({ ingress: { ...nginx, proxies: [range] } }), "ingest");
      const proxies = String(told.get("SEGUE_API_PROXIES")).split(",");
      expect(proxies.map((text) => parseAddressRange(text) !== undefined)).toEqual(proxies.map(() => true));
    },
  );

  test("without keys it is open to everybody, which has to be said", () => {
    const apiKeys = { mode: "off" };
    expect(() => chart({ apiKeys, ingress: google })).toThrow(/apiKeys\.mode: off, behind an ingress/);
    const said = envOf(chart({ apiKeys, ingress: { ...google, withoutKeys: true } }), "ingest");
    expect(said.get("SEGUE_API_KEYS")).toBe("off");
  });
});
