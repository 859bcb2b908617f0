// A variable that is misspelt, or that something else decides, would be taken and do nothing, or half of it.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, podOf } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

const ingress = {
  enabled: true,
  className: "nginx",
  host: "api.music.example",
  tlsSecretName: "tls",
  proxies: ["10.68.0.0/14"],
};

describe.skipIf(missingHelm)(`variables${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf("default");
  });
  const chart = (values: object) => renderChart({ fleet, image, ...values });

  test.each([
    [{ SEGUE_SOURCE_BUCKET: "library" }, /env\.SEGUE_SOURCE_BUCKET: expected a variable that a service/],
    [{ NODE_OPTIONS: "--inspect" }, /env\.NODE_OPTIONS: expected a variable/],
    [{ SEGUE_DRAIN_MS: "600000" }, /env\.SEGUE_DRAIN_MS: the chart decides it; expected shutdownSec/],
    [{ SEGUE_API_LAME_DUCK_MS: "0" }, /SEGUE_API_LAME_DUCK_MS: .* serverShutdownSec/],
    [{ SEGUE_API_KEYS: "off" }, /SEGUE_API_KEYS: .* apiKeys\.mode/],
    [{ SEGUE_ADMIN_KEY: "k" }, /SEGUE_ADMIN_KEY: .* apiKeys\.adminSecretName/],
    [{ SEGUE_RECEIPT_KEY: "k" }, /SEGUE_RECEIPT_KEY: .* receipts\.secretName/],
    [{ DATABASE_URL: "postgres://" }, /DATABASE_URL: .* database\.secretName/],
    [{ SEGUE_ACCELERATOR: "gpu" }, /SEGUE_ACCELERATOR: .* gpu\.enabled/],
    [{ SEGUE_SCRATCH_DIR: "/data" }, /SEGUE_SCRATCH_DIR: the chart decides it/],
    [{ SEGUE_NEWS_PROJECT: "news" }, /SEGUE_NEWS_PROJECT: .* exported/],
    [{ SEGUE_PREFIX: "other" }, /SEGUE_PREFIX: the fleet's specification says it/],
  ])("%j is refused, for all and for one", (env, expected) => {
    expect(() => chart({ env })).toThrow(expected);
    expect(() => chart({ services: { ingest: { env } } })).toThrow(/services\.ingest\.env\.\w+: /);
  });

  test("the key that receipts of takedowns are signed with is the catalog's, from a secret, where one is named", () => {
    const given = { receipts: { secretName: "mine" } };
    expect(podOf(chart(given), "catalog").containers[0].env).toContainEqual({
      name: "SEGUE_RECEIPT_KEY",
      valueFrom: { secretKeyRef: { name: "mine", key: "receipt-key.pem" } },
    });
    expect(envOf(chart({}), "catalog").has("SEGUE_RECEIPT_KEY")).toBe(false);
    expect(envOf(chart(given), "ingest").has("SEGUE_RECEIPT_KEY")).toBe(false);
  });

  test("whatever the fleet's specification says is its own, but for how much is done at once", () => {
    const said = new Set(
      fleet.services.flatMap(({ env }) => env.flatMap(({ name, value }) => (value === null ? [] : [name]))),
    );
    expect([...said]).toEqual(
      expect.arrayContaining([
        "GOOGLE_CLOUD_PROJECT",
        "SEGUE_HEALTH_PORT",
        "SEGUE_API_PORT",
        "SEGUE_PLACEMENT",
      ]),
    );
    said.delete("SEGUE_CONCURRENCY");
    for (const name of said)
      expect(() => chart({ env: { [name]: "1" } })).toThrow(`env.${name}: the fleet's specification says it`);
    const env = { SEGUE_CONCURRENCY: "1" };
    expect(envOf(chart({ services: { decode: { env } } }), "decode").get("SEGUE_CONCURRENCY")).toBe("1");
  });

  test("of one service those are refused that it does not read, though others do", () => {
    const of = (service: string) => chart({ services: { [service]: { env: { SEGUE_FETCH_TRIES: "3" } } } });
    expect(envOf(of("fetch"), "fetch").get("SEGUE_FETCH_TRIES")).toBe("3");
    expect(() => of("decode")).toThrow(
      "services.decode.env.SEGUE_FETCH_TRIES: expected a variable that this",
    );
  });

  test("where there is an ingress, it says how the API is reached and through whom", () => {
    const env = { SEGUE_API_URL: "https://own.example", SEGUE_API_PROXIES: "10.0.0.3" };
    const told = envOf(chart({ env }), "ingest");
    for (const [name, value] of Object.entries(env)) {
      expect(told.get(name)).toBe(value);
      expect(() => chart({ env: { [name]: value }, ingress })).toThrow(`env.${name}: the chart decides it`);
    }
  });
});
