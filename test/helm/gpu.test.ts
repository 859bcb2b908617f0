// Who asks for a GPU gets a node with one, and the image that can use it.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, podOf } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

describe.skipIf(missingHelm)(`GPUs in the chart${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  test.each(["default", "economy"])(
    "%s: a GPU, and the image for it, go to the services with a step that asks for one, and to no other",
    async (placement) => {
      const digest = `sha256:${"b".repeat(64)}`;
      const forGpu = { repository: "registry.example/segue/fleet-gpu", tag: "unused", digest };
      const nodeSelector = { "cloud.google.com/gke-accelerator": "nvidia-l4" };
      const gpu = { enabled: true, nodeSelector, image: forGpu };
      for (const asking of [[], ["tagging", "encode"], ["analysis"]]) {
        const fleet = askingForGpu(await specOf(placement), asking);
        const manifests = renderChart({ fleet, image, gpu });
        for (const { name, resources } of fleet.services) {
          const isGpu = resources.accelerator === "gpu";
          const pod = podOf(manifests, name);
          const [container] = pod.containers;
          expect(container.image).toBe(
            isGpu ? `${forGpu.repository}@${digest}` : `${image.repository}:${image.tag}`,
          );
          expect(container.resources.limits["nvidia.com/gpu"]).toBe(isGpu ? "1" : undefined);
          expect(pod.nodeSelector).toEqual(isGpu ? nodeSelector : undefined);
          const tolerated = expect.arrayContaining([expect.objectContaining({ key: "nvidia.com/gpu" })]);
          if (isGpu) expect(pod.tolerations).toEqual(tolerated);
          else expect(pod.tolerations ?? []).not.toEqual(tolerated);
          const told = envOf(manifests, name);
          expect(told.get("SEGUE_ACCELERATOR")).toBe(isGpu ? "gpu" : undefined);
          expect(told.get("OTEL_RESOURCE_ATTRIBUTES")).toContain(
            `service.version=${isGpu ? digest : image.tag}`,
          );
        }
      }
    },
  );

  test("without nodes for it nobody has that image, nor is told of a GPU; with them it has to be named", async () => {
    const everyone = await specOf();
    const fleet = askingForGpu(everyone, ["tagging"]);
    const without = renderChart({ fleet, image });
    expect(podOf(without, "tagging").containers[0].image).toBe(`${image.repository}:${image.tag}`);
    expect(envOf(without, "tagging").get("SEGUE_ACCELERATOR")).toBeUndefined();
    const nameless = (of: object) => () => renderChart({ fleet, image, gpu: { enabled: true, image: of } });
    expect(nameless({})).toThrow(/gpu\.image\.repository: expected the repository of the image of tagging/);
    expect(nameless({ repository: "a/b" })).toThrow(/gpu\.image\.tag: expected a tag, or gpu\.image\.digest/);
    expect(nameless({ repository: "a/b", digest: "latest" })).toThrow(/digest/);
    // Where nobody asks for one, none has to be.
    expect(() => renderChart({ fleet: everyone, image, gpu: { enabled: true } })).not.toThrow();
  });
});

/** As if a step of each asked for a GPU; services that the placement does not have are left out. */
function askingForGpu(spec: FleetSpec, names: readonly string[]): FleetSpec {
  return {
    ...spec,
    services: spec.services.map((service) =>
      names.includes(service.name)
        ? {
            ...service,
            resources: { ...service.resources, accelerator: "gpu" },
            env: service.env.map((each) =>
              each.name === "SEGUE_ACCELERATOR" ? { ...each, value: "gpu" } : each,
            ),
          }
        : service,
    ),
  };
}
