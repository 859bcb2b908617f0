import { metrics } from "@segue/catalog/metrics";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { beforeAll, describe, expect, test } from "vitest";
import { specOf } from "../support/project-spec.ts";
import { envOf, image, named, podOf } from "./find-manifest.ts";
import { missingHelm, renderChart } from "./render-chart.ts";

if (missingHelm) console.warn(`the chart is not tested: ${missingHelm}`);

describe.skipIf(missingHelm)(`the chart${missingHelm ? ` (skipped: ${missingHelm})` : ""}`, () => {
  const fleets = new Map<string, FleetSpec>();
  const fleetOf = (placement: string): FleetSpec => {
    const fleet = fleets.get(placement);
    if (!fleet) throw new Error(`expected ${placement}`);
    return fleet;
  };
  const chart = (values: object = {}, placement = "default") =>
    renderChart({ fleet: fleetOf(placement), image, ...values });
  const workersOf = (placement: string) =>
    fleetOf(placement).services.flatMap(({ name, runs }) => (runs === "steps" ? [name] : []));
  const scaledByBacklog = (placement: string) =>
    fleetOf(placement).services.flatMap(({ name, scaling }) =>
      scaling.by.measure === "backlog" ? [name] : [],
    );

  beforeAll(async () => {
    for (const placement of ["default", "economy"]) {
      fleets.set(placement, await specOf(placement));
    }
  });

  test.each(["default", "economy"])(
    "each service of %s is there, with what it needs, and nothing else",
    (placement) => {
      const manifests = chart({}, placement);
      const { services } = fleetOf(placement);
      for (const kind of ["Deployment", "ServiceAccount", "NetworkPolicy"])
        expect(manifests.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name)).toEqual(
          services.map(({ name }) => `music-${name}`),
        );
      const others = manifests.filter(
        ({ kind }) => !["Deployment", "ServiceAccount", "NetworkPolicy"].includes(kind),
      );
      expect(others.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual([
        "HorizontalPodAutoscaler music-catalog",
        "HorizontalPodAutoscaler music-ingest",
        "PodDisruptionBudget music-ingest",
        "PriorityClass audio-music-servers",
        "Service music-ingest",
      ]);
      for (const { name, resources, ports, env, grants } of services) {
        const [container] = podOf(manifests, name).containers;
        expect(container.resources.limits.memory).toBe(`${resources.memoryMiB}Mi`);
        expect(container.resources.requests.memory).toBe(container.resources.limits.memory);
        expect(container.args).toEqual([name]);
        expect(container.ports.map(({ name: port }: { name: string }) => port)).toEqual(
          ports.map((port) => port.name),
        );
        const told = envOf(manifests, name);
        for (const { name: variable, value } of env)
          if (value !== null) expect(told.get(variable)).toBe(value);
        // Who has no business with the database is not told where it is.
        expect(told.has("DATABASE_URL")).toBe(grants.database !== null);
        const egress = named(manifests, "NetworkPolicy", name).spec.egress.flatMap(
          (rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port),
        );
        expect(egress.includes(5_432)).toBe(grants.database !== null);
      }
    },
  );

  test("nobody is root, writes beside its scratch, or has a token of the cluster", () => {
    const manifests = chart();
    for (const { name } of fleetOf("default").services) {
      const pod = podOf(manifests, name);
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  test("the API asks for keys unless it is told not to, and it alone has the admin's", () => {
    const told = (values: object, service: string) => envOf(chart(values), service);
    expect(told({}, "ingest").get("SEGUE_API_KEYS")).toBe("required");
    const given = { apiKeys: { adminSecretName: "mine", key: "admin" } };
    const withSecret = podOf(chart(given), "ingest").containers[0].env;
    // Not `optional`: with a misspelt name all would be well, and every request refused.
    expect(withSecret).toContainEqual({
      name: "SEGUE_ADMIN_KEY",
      valueFrom: { secretKeyRef: { name: "mine", key: "admin" } },
    });
    const without = told({ apiKeys: { adminSecretName: "" } }, "ingest");
    expect([without.get("SEGUE_API_KEYS"), without.has("SEGUE_ADMIN_KEY")]).toEqual(["required", false]);
    const off = told({ apiKeys: { mode: "off" } }, "ingest");
    expect([off.get("SEGUE_API_KEYS"), off.has("SEGUE_ADMIN_KEY")]).toEqual(["off", false]);
    for (const name of ["catalog", "fetch", "decode"])
      for (const variable of ["SEGUE_API_KEYS", "SEGUE_ADMIN_KEY"])
        expect(told({}, name).has(variable)).toBe(false);
    expect(() => chart({ apiKeys: { mode: false } })).toThrow();
  });

  test("how long a process drains follows from what its node gives it; servers' are not preempted", () => {
    for (const [values, decode, ingest] of [
      [{}, [15, "12000"], [60, "57000", "27000"]],
      [{ shutdownSec: 60, serverShutdownSec: 15 }, [60, "57000"], [15, "12000", "5000"]],
      [{ serverShutdownSec: 300 }, [15, "12000"], [300, "297000", "30000"]],
    ] as const) {
      const manifests = chart(values);
      const found = (service: string) => [
        podOf(manifests, service).terminationGracePeriodSeconds,
        envOf(manifests, service).get("SEGUE_DRAIN_MS"),
      ];
      expect(found("decode")).toEqual(decode);
      // How long the API takes requests that its balancer still sends, well before the end of its drain.
      expect([...found("ingest"), envOf(manifests, "ingest").get("SEGUE_API_LAME_DUCK_MS")]).toEqual(ingest);
      for (const server of ["fetch", "catalog"]) expect(found(server)).toEqual(ingest.slice(0, 2));
    }
  });

  test.each([
    ["prefer", { preferred: true, selected: false, tolerates: true }],
    ["require", { preferred: false, selected: true, tolerates: true }],
    ["avoid", { preferred: false, selected: false, tolerates: false }],
  ])("spot: %s is for workers; servers never run there", (spot, expected) => {
    const manifests = chart({ spot });
    const found = (pod: ReturnType<typeof podOf>) => ({
      preferred: pod.affinity?.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution !== undefined,
      selected: pod.nodeSelector?.["cloud.google.com/gke-spot"] === "true",
      tolerates: pod.tolerations !== undefined,
    });
    for (const name of workersOf("default")) expect(found(podOf(manifests, name))).toEqual(expected);
    for (const name of ["ingest", "fetch", "catalog"]) {
      expect(found(podOf(manifests, name))).toEqual({ preferred: false, selected: false, tolerates: false });
      const [term] = podOf(manifests, name).affinity.nodeAffinity
        .requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
      expect(term.matchExpressions).toEqual([{ key: "cloud.google.com/gke-spot", operator: "DoesNotExist" }]);
    }
  });

  test("how much is fetched at once is said to whoever reckons with it, too", () => {
    const told = (values: object, service: string) =>
      envOf(chart(values), service).get("SEGUE_FETCHES_PER_HOST");
    const own = { services: { fetch: { env: { SEGUE_FETCHES_PER_HOST: "3" } } } };
    expect(["fetch", "catalog", "ingest"].map((name) => told(own, name))).toEqual(["3", "3", undefined]);
    const all = { env: { SEGUE_FETCHES_PER_HOST: "4" } };
    expect(["fetch", "catalog", "ingest"].map((name) => told(all, name))).toEqual(["4", "4", undefined]);
    expect(["fetch", "catalog"].map((name) => told({ ...all, ...own }, name))).toEqual(["3", "3"]);
  });

  test("what is said of one service goes before what is said of all", () => {
    const manifests = chart({
      env: { SEGUE_LOG_LEVEL: "debug", SEGUE_MAX_FAILURES: "3" },
      services: {
        decode: { replicas: 7, env: { SEGUE_LOG_LEVEL: "warn" }, annotations: { a: "b" } },
        ingest: { replicas: 3 },
      },
      image: { ...image, digest: `sha256:${"a".repeat(64)}`, pullSecrets: ["pull"] },
      workloadIdentity: { project: "music" },
    });
    expect(named(manifests, "Deployment", "decode").spec.replicas).toBe(7);
    expect(envOf(manifests, "decode").get("SEGUE_LOG_LEVEL")).toBe("warn");
    expect(envOf(manifests, "encode").get("SEGUE_LOG_LEVEL")).toBe("debug");
    expect(envOf(manifests, "encode").get("SEGUE_MAX_FAILURES")).toBe("3");
    expect(named(manifests, "Deployment", "decode").spec.template.metadata.annotations).toEqual({ a: "b" });
    // Whoever fixes a number scales it.
    const scaled = manifests.filter(({ kind }) => kind === "HorizontalPodAutoscaler");
    expect(scaled.map(({ metadata }) => metadata.name)).toEqual(["music-catalog"]);
    expect(podOf(manifests, "encode").containers[0].image).toMatch(/@sha256:a{64}$/);
    expect(named(manifests, "ServiceAccount", "encode").metadata.annotations).toEqual({
      "iam.gke.io/gcp-service-account": "segue-encode@music.iam.gserviceaccount.com",
    });
    // What an autoscaler has set is not set back by an upgrade.
    expect(named(chart(), "Deployment", "ingest").spec.replicas).toBeUndefined();
  });

  test.each(["default", "economy"])(
    "with KEDA as many workers of %s run as the catalog wants",
    (placement) => {
      const manifests = chart({ autoscaling: { by: "keda", maxReplicas: 80 } }, placement);
      const scaled = manifests.filter(({ kind }) => kind === "ScaledObject");
      const workers = scaledByBacklog(placement);
      expect(scaled.map(({ metadata }) => metadata.name)).toEqual(workers.map((name) => `music-${name}`));
      const { port } = named(manifests, "Service", "catalog").spec.ports[0];
      for (const name of workers) {
        const { spec } = named(manifests, "ScaledObject", name);
        const { scaling } = fleetOf(placement).services.find((service) => service.name === name) ?? {};
        expect(spec.minReplicaCount).toBe(scaling?.minReplicas);
        expect(spec.maxReplicaCount).toBe(scaling?.maxReplicas ?? 80);
        expect(spec.triggers[0].metadata).toEqual({
          url: `http://music-catalog.audio.svc:${port}/metrics`,
          format: "prometheus",
          valueLocation: `${metrics.wantedReplicas.name}{service="${name}"}`,
          targetValue: "1",
        });
        // What an autoscaler has set is not set back by an upgrade.
        expect(named(manifests, "Deployment", name).spec.replicas).toBeUndefined();
      }
      const fixed = chart(
        { autoscaling: { by: "keda" }, services: { [workers[0] ?? ""]: { replicas: 3 } } },
        placement,
      );
      expect(fixed.filter(({ kind }) => kind === "ScaledObject")).toHaveLength(workers.length - 1);
      expect(named(fixed, "Deployment", workers[0] ?? "").spec.replicas).toBe(3);
      expect(chart({}, placement).some(({ kind }) => kind === "ScaledObject")).toBe(false);
    },
  );

  test.each(["default", "economy"])("GKE's autoscaler follows the same number for %s", (placement) => {
    const manifests = chart(
      { autoscaling: { by: "gke", maxReplicas: 80 }, podMonitoring: { enabled: true } },
      placement,
    );
    const workers = scaledByBacklog(placement);
    const { spec: asked } = named(manifests, "AutoscalingMetric", "wanted");
    expect(asked.metrics).toEqual(
      workers.map((name) => ({
        promql: {
          name,
          // Not of another release beside it: `job` is what Google calls a series by its PodMonitoring.
          query: `max(${metrics.wantedReplicas.name}{service="${name}",namespace="audio",job="music"})`,
        },
      })),
    );
    for (const name of workers) {
      const { spec } = named(manifests, "HorizontalPodAutoscaler", name);
      const { scaling } = fleetOf(placement).services.find((service) => service.name === name) ?? {};
      expect(spec).toMatchObject({
        scaleTargetRef: { kind: "Deployment", name: `music-${name}` },
        minReplicas: Math.max(1, scaling?.minReplicas ?? 0),
        maxReplicas: scaling?.maxReplicas ?? 80,
      });
      expect(spec.metrics[0].external.metric.name).toBe(`autoscaling.gke.io|music-wanted|${name}`);
      expect(named(manifests, "Deployment", name).spec.replicas).toBeUndefined();
    }
    expect(manifests.some(({ kind }) => kind === "ScaledObject")).toBe(false);
    expect(manifests.find(({ kind }) => kind === "PodMonitoring")?.metadata.name).toBe("music");
    // Steps that are plugged in by a release of their own follow what the fleet's catalog says of them.
    const { services, ...rest } = fleetOf(placement);
    const fleet = { ...rest, services: services.filter(({ runs }) => runs === "steps") };
    const beside = renderChart({
      fleet,
      image,
      autoscaling: { by: "gke" },
      podMonitoring: { enabled: true },
    });
    for (const { promql } of named(beside, "AutoscalingMetric", "wanted").spec.metrics)
      expect(promql.query).toContain('",namespace="audio"})');
  });

  test("network policies are there unless somebody else sees to that", () => {
    const kinds = chart({ networkPolicies: { enabled: false } }).map(({ kind }) => kind);
    expect(kinds).not.toContain("NetworkPolicy");
  });

  test("beside HTTPS's own, ports of sources and of webhooks' receivers are open to who asks for them", () => {
    const open = (values: object, service: string) =>
      named(chart(values), "NetworkPolicy", service).spec.egress.flatMap(
        ({ ports }: { ports: { port: number }[] }) => ports.map(({ port }) => port),
      );
    const more = { networkPolicies: { publicPorts: [8_443, 80] } };
    for (const name of ["fetch", "catalog"])
      expect(open(more, name).toSorted()).toEqual([...open({}, name), 8_443, 80].toSorted());
    for (const name of ["ingest", "decode", "encode"]) expect(open(more, name)).toEqual(open({}, name));
  });

  test.each([
    ["a value that there is not", { replicaCount: 3 }, /replicaCount/],
    ["no image", { image: { repository: "" } }, /image/],
    ["a service's value that there is not", { services: { decode: { replica: 1 } } }, /replica/],
    ["a shutdown that no node gives", { shutdownSec: 600 }, /shutdownSec|120/],
    ["a port that there is not", { networkPolicies: { publicPorts: [70_000] } }, /publicPorts|65535/],
    ["a scaler that there is not", { autoscaling: { by: "hpa" } }, /autoscaling|none/],
    ["GKE's scaler without what it reads", { autoscaling: { by: "gke" } }, /podMonitoring/],
    ["a word for spot that there is not", { spot: "always" }, /spot/],
    ["a service that the fleet has not", { services: { decoder: { replicas: 1 } } }, /decoder/],
    ["another version of the specification", { fleet: { v: 2, services: [] } }, /fleet/],
  ])("%s is refused, in words", (_, values, expected) => {
    expect(() => chart(values)).toThrow(expected);
  });

  test("an account that Google can't have is refused, in words", () => {
    const fleet = { ...fleetOf("default"), prefix: "a-prefix-of-some-length" };
    const asked = { fleet, image, workloadIdentity: { project: "music" } };
    expect(() => renderChart(asked)).toThrow(/6 to 30 characters; a-prefix-of-some-length-\w+/);
  });
});
