// Who services are, where somebody else makes accounts, and where they have none at Google.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { image, podOf } from "./find-manifest.ts";
import { missingHelm, renderChart, renderNotes } from "./render-chart.ts";

describe.skipIf(missingHelm)(`identities${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf();
  });
  const values = (more: object) => ({ fleet, image, ...more });
  const accountsOf = (more: object) =>
    renderChart(values(more)).filter(({ kind }) => kind === "ServiceAccount");
  const key = "iam.gke.io/gcp-service-account";

  test("no account is made where others make them, and pods run as the ones that are named", () => {
    const more = {
      serviceAccounts: { create: false },
      services: { encode: { serviceAccountName: "team-encode" } },
    };
    const manifests = renderChart(values(more));
    expect(manifests.filter(({ kind }) => kind === "ServiceAccount")).toEqual([]);
    expect(podOf(manifests, "encode").serviceAccountName).toBe("team-encode");
    expect(podOf(manifests, "decode").serviceAccountName).toBe("music-decode");
    const notes = renderNotes(values(more));
    for (const name of ["team-encode", "music-decode", "music-catalog"]) expect(notes).toContain(name);
    expect(renderNotes(values({}))).not.toContain("have to be there");
  });

  test("one that is made may be called otherwise, and whoever runs as it is it", () => {
    const more = { services: { encode: { serviceAccountName: "team-encode" } } };
    expect(accountsOf(more).map(({ metadata }) => metadata.name)).toContain("team-encode");
    expect(podOf(renderChart(values(more)), "encode").serviceAccountName).toBe("team-encode");
  });

  test("where infrastructure grants to accounts by their names, it says them", () => {
    const infra = { release: "segue", clusterAccounts: { encode: "team-encode" } };
    const manifests = renderChart(values({ infra }));
    expect(podOf(manifests, "encode").serviceAccountName).toBe("team-encode");
    expect(podOf(manifests, "decode").serviceAccountName).toBe("segue-decode");
    const services = { encode: { serviceAccountName: "mine" } };
    expect(() => renderChart(values({ infra, services }))).toThrow(
      "services.encode.serviceAccountName: infrastructure says who may be what; expected clusterAccounts in its settings",
    );
  });

  test("two services are never one account", () => {
    const services = { encode: { serviceAccountName: "team" }, decode: { serviceAccountName: "team" } };
    expect(() => renderChart(values({ services }))).toThrow(/team is \w+ already, .* an account each/);
    const other = { encode: { serviceAccountName: "music-decode" } };
    expect(() => renderChart(values({ services: other }))).toThrow(/music-decode is \w+ already/);
    expect(() => renderChart(values({ services: { encode: { serviceAccountName: "a/b" } } }))).toThrow();
  });

  test("who is direct stands for no account at Google, but for those with the database", () => {
    const made = accountsOf({ workloadIdentity: { project: "music", direct: true } });
    const annotated = made.flatMap(({ metadata }) => {
      const email = metadata.annotations?.[key];
      return email === undefined ? [] : [email];
    });
    const withDatabase = fleet.services.filter(({ grants }) => grants.database !== null);
    expect(annotated.toSorted()).toEqual(
      withDatabase.map(({ name }) => `segue-${name}@music.iam.gserviceaccount.com`).toSorted(),
    );
    expect(withDatabase.map(({ name }) => name).toSorted()).toEqual(["catalog", "ingest"]);
  });

  test("an account at Google that is there already is stood for by its name", () => {
    const email = "team-decode@elsewhere.iam.gserviceaccount.com";
    const of = (accounts: object, more: object = {}) =>
      accountsOf({ workloadIdentity: { accounts }, ...more });
    expect(of({ decode: email }).flatMap(({ metadata }) => metadata.annotations?.[key] ?? [])).toEqual([
      email,
    ]);
    expect(() => of({ decoder: email })).toThrow("workloadIdentity.accounts.decoder: expected a service");
    expect(() => of({ decode: email }, { serviceAccounts: { create: false } })).toThrow(
      /workloadIdentity\.accounts\.decode: this chart makes no accounts/,
    );
    expect(() => of({ decode: "somebody@example.com" })).toThrow();
  });
});
