// What a release is called, what runs in it, what it was made for, and what whoever installs it is told.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, podOf } from "./find-manifest.ts";
import { missingHelm, renderChart, renderNotes } from "./render-chart.ts";

describe.skipIf(missingHelm)(`a release${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  let fleet: FleetSpec;
  beforeAll(async () => {
    fleet = await specOf("default");
  });
  const values = (more: object) => ({ fleet, image, ...more });

  test.each(["2nd", "a.b", "7"])("is not called %s, for so Kubernetes calls no Service", (release) => {
    expect(() => renderChart(values({}), release)).toThrow(`the release ${release}: expected a letter first`);
  });

  test("is not called so that a service's name would be cut, to another's perhaps", () => {
    const long = "a".repeat(53);
    expect(() => renderChart(values({}), long)).toThrow(`${long}-downsample has 64 characters, of 63`);
    expect(() => renderChart(values({}), long.slice(1))).not.toThrow();
  });

  test("may have one service of another release than the rest, which says so of itself", () => {
    const imageOf = (manifests: ReturnType<typeof renderChart>, service: string) => [
      podOf(manifests, service).containers[0].image,
      /service\.version=[^,]+/.exec(String(envOf(manifests, service).get("OTEL_RESOURCE_ATTRIBUTES")))?.[0],
    ];
    const digest = `sha256:${"c".repeat(64)}`;
    const manifests = renderChart(
      values({
        // Its digest is the old release's, and not that of the tag.
        image: { ...image, digest: `sha256:${"a".repeat(64)}` },
        services: { catalog: { image: { tag: "1.3.0" } }, fetch: { image: { digest } } },
      }),
    );
    expect(imageOf(manifests, "catalog")).toEqual([`${image.repository}:1.3.0`, "service.version=1.3.0"]);
    expect(imageOf(manifests, "fetch")).toEqual([
      `${image.repository}@${digest}`,
      `service.version=${digest}`,
    ]);
    for (const { name } of fleet.services)
      if (!["catalog", "fetch"].includes(name)) expect(imageOf(manifests, name)[0]).toMatch(/@sha256:a{64}$/);
  });

  test("of a service on GPUs another release is of its image", () => {
    const services = fleet.services.map((each) =>
      each.name === "tagging" ? { ...each, resources: { ...each.resources, accelerator: "gpu" } } : each,
    );
    const gpu = { enabled: true, image: { repository: "registry.example/gpu", tag: "1.2.3" } };
    const given = { gpu, fleet: { ...fleet, services }, services: { tagging: { image: { tag: "1.3.0" } } } };
    expect(podOf(renderChart(values(given)), "tagging").containers[0].image).toBe(
      "registry.example/gpu:1.3.0",
    );
  });

  test("is of the fleet that its infrastructure was made for, each service with an account there", () => {
    const { project, prefix, newsProject } = fleet;
    const accounts = fleet.services.map(({ name }) => name);
    const infra = { project, prefix, newsProject, accounts: [...accounts, "analysis"] };
    expect(() => renderChart(values({ infra }))).not.toThrow();
    for (const name of ["project", "prefix", "newsProject"])
      expect(() => renderChart(values({ infra: { ...infra, [name]: "other" } }))).toThrow(
        `infra.${name}: infrastructure was made for other`,
      );
    expect(() => renderChart(values({ infra: { ...infra, accounts: accounts.slice(1) } }))).toThrow(
      `infra.accounts: infrastructure has no account for ${accounts[0]}`,
    );
    expect(() => renderChart(values({ infra: { acounts: accounts } }))).toThrow(/acounts/);
  });

  test("tells of numbers that are fixed, and of none that an autoscaler has", () => {
    expect(renderNotes(values({}))).toContain("decode has a fixed number of replicas (1)");
    const scaled = values({ autoscaling: { by: "keda" }, services: { encode: { replicas: 4 } } });
    expect(renderNotes(scaled)).toContain("encode has a fixed number of replicas (4)");
    expect(renderNotes(scaled).match(/fixed number/g)).toHaveLength(1);
  });

  test("tells of making topics where Pulumi does not, and that an API without keys is open", () => {
    const { project, prefix } = fleet;
    expect(renderNotes(values({}))).toContain("segue verify --create");
    expect(renderNotes(values({ infra: { project, prefix } }))).not.toContain("verify");
    expect(renderNotes(values({}))).not.toContain("may do everything");
    expect(renderNotes(values({ apiKeys: { mode: "off" } }))).toContain("may do everything");
  });
});
