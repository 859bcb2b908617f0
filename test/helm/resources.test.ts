// What pods ask for, where more is asked of them than their definition says; and who goes first where there is not enough.
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { workerResources } from "../../packages/step/src/resources.ts";
import { specOf } from "../support/project-spec.ts";
import { image, named, podOf } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

describe.skipIf(missingHelm)(`resources${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  const fleets = new Map<string, FleetSpec>();
  beforeAll(async () => {
    for (const placement of ["default", "economy"]) fleets.set(placement, await specOf(placement));
  });
  const fleetOf = (placement: string) => fleets.get(placement) ?? expect.unreachable(placement);
  const chart = (values: object, placement = "default") =>
    renderChart({ fleet: fleetOf(placement), image, ...values });
  const askedBy = (manifests: ReturnType<typeof chart>, service: string) => {
    const { requests, limits } = podOf(manifests, service).containers[0].resources;
    return {
      cores: Number(requests.cpu),
      memory: [requests.memory, limits.memory],
      disk: requests["ephemeral-storage"],
    };
  };

  test.each([
    ["default", 1],
    ["default", 4],
    ["economy", 3],
  ])("%s with %d attempts at once: what a worker of so many takes", (placement, concurrency) => {
    const { services } = fleetOf(placement);
    const manifests = chart({ env: { SEGUE_CONCURRENCY: String(concurrency) } }, placement);
    for (const { name, steps, resources } of services) {
      if (steps.length === 0) {
        expect(askedBy(manifests, name).memory).toEqual(Array(2).fill(`${resources.memoryMiB}Mi`));
        continue;
      }
      const needs = steps.map(({ attempt }) => attempt);
      const takes = workerResources(needs, { cores: resources.cores, concurrency });
      expect([name, askedBy(manifests, name)]).toEqual([
        name,
        {
          cores: takes.cores,
          memory: Array(2).fill(`${takes.memoryMiB}Mi`),
          disk: `${(takes.scratchMiB ?? 0) + 128}Mi`,
        },
      ]);
    }
    const [volume] = podOf(manifests, services.at(-1)?.name ?? "").volumes;
    const last = services.at(-1)?.resources.scratchMiB ?? 0;
    expect(volume.emptyDir.sizeLimit).toBe(`${Math.max(64, last * concurrency)}Mi`);
  });

  test("one service alone may have more at once, or more memory, as it is said of it", () => {
    const services = {
      decode: { env: { SEGUE_CONCURRENCY: "2" } },
      encode: { memoryMiB: 2_048, env: { FFMPEG_MEMORY_MIB: "1024", SEGUE_CONCURRENCY: "2" } },
      ingest: { memoryMiB: 1_024 },
    };
    const [plain, more] = [chart({}), chart({ services })];
    expect(askedBy(more, "decode").cores).toBe(2 * askedBy(plain, "decode").cores);
    expect(askedBy(more, "encode")).toMatchObject({ cores: 2, memory: ["2048Mi", "2048Mi"] });
    expect(askedBy(more, "ingest").memory).toEqual(["1024Mi", "1024Mi"]);
    expect(askedBy(more, "loudness")).toEqual(askedBy(plain, "loudness"));
  });

  test("parts of a core are told in thousandths, as Kubernetes keeps them", () => {
    const fleet = fleetOf("default");
    const services = fleet.services.map((each) =>
      each.name === "decode" ? { ...each, concurrency: 3, resources: { ...each.resources, cores: 1 } } : each,
    );
    const own = { decode: { env: { SEGUE_CONCURRENCY: "5" } } };
    expect(askedBy(chart({ fleet: { ...fleet, services }, services: own }), "decode").cores).toBe(1.667);
  });

  test.each([["keda"], ["gke"]])("of a service there may be as many as there have to be: %s", (by) => {
    const fleet = fleetOf("default");
    const services = fleet.services.map((each) => ({
      ...each,
      scaling: { ...each.scaling, minReplicas: 60, maxReplicas: null },
    }));
    const values = { fleet: { ...fleet, services }, autoscaling: { by }, podMonitoring: { enabled: true } };
    const limits = chart(values).flatMap(({ kind, spec }) => {
      if (kind === "ScaledObject") return [[spec.minReplicaCount, spec.maxReplicaCount]];
      return kind === "HorizontalPodAutoscaler" ? [[spec.minReplicas, spec.maxReplicas]] : [];
    });
    expect(limits).toEqual(services.map(() => [60, 60]));
  });

  test("how many is a number", () => {
    expect(() => chart({ services: { decode: { env: { SEGUE_CONCURRENCY: "many" } } } })).toThrow(
      /SEGUE_CONCURRENCY of decode: expected a whole number from 1, got "many"/,
    );
  });

  test("servers go before workers, by a class of this release's, or by one that is named", () => {
    const priorities = (values: object) => {
      const manifests = chart(values);
      return {
        made: manifests.filter(({ kind }) => kind === "PriorityClass").map(({ metadata }) => metadata.name),
        ofServer: podOf(manifests, "ingest").priorityClassName,
        ofWorker: podOf(manifests, "decode").priorityClassName,
      };
    };
    const own = "audio-music-servers";
    expect(priorities({})).toEqual({ made: [own], ofServer: own, ofWorker: undefined });
    for (const create of [true, false])
      expect(priorities({ serverPriority: { create, className: "important" } })).toEqual({
        made: [],
        ofServer: "important",
        ofWorker: undefined,
      });
    expect(priorities({ serverPriority: { create: false } })).toEqual({
      made: [],
      ofServer: undefined,
      ofWorker: undefined,
    });
  });

  test("a queue and a storage that are not Google's are reached through the network policies", () => {
    const open = (values: object) =>
      named(chart(values), "NetworkPolicy", "decode").spec.egress.flatMap(
        ({ ports }: { ports: { port: number }[] }) => ports.map(({ port }) => port),
      );
    const env = { PUBSUB_EMULATOR_HOST: "pubsub:8085", SEGUE_GCS_ENDPOINT: "http://storage:4443" };
    expect(open({ env }).toSorted()).toEqual([...open({}), 8_085, 4_443].toSorted());
    expect(open({ env: { SEGUE_GCS_ENDPOINT: "https://storage.example" } })).toEqual([...open({}), 443]);
  });
});
