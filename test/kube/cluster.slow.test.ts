// The chart in a real API server: what it admits, where pods are put, what comes in place of those that go, and how many there are.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { createScaler } from "@segue/scaling/simulate";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withGpu } from "../../packages/infra/src/fixtures/fleets.ts";
import { specOf } from "../support/project-spec.ts";
import { type ControlPlane, missingControlPlane, startControlPlane } from "./control-plane.ts";
import { namespaceManifest, nodeManifests, openCrds } from "./manifests.ts";
import { type MetricsApi, metricsManifests, serveMetrics } from "./metrics-api.ts";

if (missingControlPlane) console.warn(`the chart is not tested in a cluster: ${missingControlPlane}`);

const chart = fileURLToPath(new URL("../../helm/segue", import.meta.url));
const namespace = "audio";
const release = "music";
/** Catches a hang. */
const hangMs = 600_000;

describe.skipIf(missingControlPlane)(
  `the chart in a cluster${missingControlPlane ? ` (skipped: ${missingControlPlane})` : ""}`,
  () => {
    let cluster: ControlPlane;
    let metrics: MetricsApi;
    let dir: string;
    let fleet: FleetSpec;

    const install = async (values: object) => {
      const file = join(dir, "values.json");
      const image = { repository: "registry.example/segue/fleet", tag: "1.2.3" };
      await writeFile(file, JSON.stringify({ fleet, image, ...values }));
      await cluster.helm(["upgrade", "--install", release, chart, "-n", namespace, "-f", file]);
    };
    const podsOf = async (service: string) => {
      const pods = await cluster.list("pods", namespace);
      return pods.filter(
        ({ metadata, status }) =>
          metadata.labels["app.kubernetes.io/component"] === service &&
          metadata.deletionTimestamp === undefined &&
          !["Failed", "Succeeded"].includes(status.phase),
      );
    };
    const replicasOf = async (service: string): Promise<number> => {
      const read = [
        "get",
        "deployment",
        `${release}-${service}`,
        "-n",
        namespace,
        "-o",
        "jsonpath={.spec.replicas}",
      ];
      return Number(await cluster.kubectl(read));
    };
    const whenRunning = (service: string, count: number, nodes: RegExp) =>
      vi.waitFor(
        async () => {
          const pods = await podsOf(service);
          expect(pods.map(({ status }) => status.phase)).toEqual(Array(count).fill("Running"));
          for (const { spec } of pods) expect(spec.nodeName).toMatch(nodes);
        },
        { timeout: hangMs, interval: 500 },
      );

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), "segue-cluster-"));
      fleet = await specOf();
      [cluster, metrics] = await Promise.all([startControlPlane(), serveMetrics()]);
      await cluster.kubectl(["apply", "-f", "-"], metricsManifests(metrics.port));
      await cluster.kubectl(["apply", "-f", "-"], openCrds);
      await cluster.kubectl(["apply", "-f", "-"], namespaceManifest(namespace));
      await cluster.kubectl(["apply", "-f", "-"], nodeManifests({ base: 2, spot: 3 }));
      await install({});
    }, 3 * hangMs);

    afterAll(async () => {
      await cluster?.[Symbol.asyncDispose]();
      await metrics?.[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    }, hangMs);

    test("all of it is admitted, by the strictest of Kubernetes' own rules for pods", async () => {
      for (const { name, runs } of fleet.services)
        await whenRunning(name, name === "ingest" ? 2 : 1, runs === "steps" ? /^spot-/ : /^base-/);
      const events = await cluster.list("events", namespace);
      const refused = events.filter(({ reason }) => ["FailedCreate", "FailedScheduling"].includes(reason));
      expect(refused.map(({ message }) => message)).toEqual([]);
    });

    test("what is rendered is applied by the server, field by field, with every option on", async () => {
      const file = join(dir, "all.json");
      const all = {
        fleet: withGpu(fleet, "tagging"),
        image: { repository: "registry.example/segue/fleet", tag: "1.2.3", pullSecrets: ["pull"] },
        autoscaling: { by: "keda" },
        podMonitoring: { enabled: true },
        ingress: {
          enabled: true,
          className: "gce",
          host: "api.example",
          managedCertificate: true,
          address: "203.0.113.7",
          addressName: "segue-api",
        },
        networkPolicies: { apiFrom: { clients: "trusted" }, publicPorts: [8_443] },
        gpu: {
          enabled: true,
          nodeSelector: { "cloud.google.com/gke-accelerator": "nvidia-l4" },
          image: { repository: "registry.example/segue/fleet-gpu", tag: "1.2.3" },
        },
        workloadIdentity: { project: "music" },
      };
      const { gitVersion } = JSON.parse(await cluster.kubectl(["version", "-o", "json"])).serverVersion;
      const { ingress, ...others } = all;
      const { host, address } = ingress;
      const className = "gke-l7-global-external-managed";
      const gateway = { enabled: true, className, name: "outside", sectionName: "https", host, address };
      for (const values of [all, { ...others, gateway }]) {
        await writeFile(file, JSON.stringify(values));
        const rendering = ["template", "other", chart, "-n", namespace, "-f", file];
        const rendered = await cluster.helm([...rendering, "--kube-version", gitVersion]);
        const strict = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-n", namespace];
        const applied = (await cluster.kubectl([...strict, "-f", "-"], rendered)).trim().split("\n");
        expect(applied.length).toBeGreaterThan(fleet.services.length * 3);
        for (const line of applied) expect(line).toMatch(/serverside-applied/);
      }
    });

    test("nobody of the fleet may ask the cluster for anything", async () => {
      for (const { name } of fleet.services) {
        const account = `system:serviceaccount:${namespace}:${release}-${name}`;
        for (const what of ["get secrets", "list pods", "create deployments.apps", "get configmaps"]) {
          const asked = ["auth", "can-i", ...what.split(" "), "-n", namespace, "--as", account];
          const answer = await cluster.kubectl(asked).catch((error) => error.stdout as string);
          expect(`${name} ${what}: ${answer.trim()}`).toBe(`${name} ${what}: no`);
        }
      }
    });

    test("a node that is taken away: what ran there runs elsewhere, on others' kind where there are none of its own", async () => {
      const [pod] = await podsOf("decode");
      await cluster.kubectl(["delete", "node", pod.spec.nodeName]);
      await whenRunning("decode", 1, new RegExp(`^spot-(?!${pod.spec.nodeName.slice(-1)})`));
      for (const { metadata } of await cluster.list("nodes"))
        if (metadata.name.startsWith("spot-")) await cluster.kubectl(["delete", "node", metadata.name]);
      await whenRunning("decode", 1, /^base-/);
      await cluster.kubectl(["apply", "-f", "-"], nodeManifests({ base: 2, spot: 3 }));
    });

    test("a preempted pod stays as failed, and another one comes in its place", async () => {
      const [pod] = await podsOf("encode");
      const status = {
        status: {
          phase: "Failed",
          reason: "Terminated",
          message: "Pod was terminated in response to imminent node shutdown.",
        },
      };
      await cluster.kubectl([
        ...["patch", "pod", pod.metadata.name, "-n", namespace, "--subresource=status", "--type=merge"],
        ...["-p", JSON.stringify(status)],
      ]);
      await vi.waitFor(
        async () => {
          const [next, ...more] = await podsOf("encode");
          expect(more).toEqual([]);
          expect(next.metadata.name).not.toBe(pod.metadata.name);
          expect(next.status.phase).toBe("Running");
        },
        { timeout: hangMs, interval: 500 },
      );
    });

    test("where preemptible nodes are required and there are none, workers wait for them and servers run", async () => {
      await install({ spot: "require" });
      await whenRunning("decode", 1, /^spot-/);
      await whenRunning("catalog", 1, /^base-/);
      for (const { metadata } of await cluster.list("nodes"))
        if (metadata.name.startsWith("spot-")) await cluster.kubectl(["delete", "node", metadata.name]);
      await vi.waitFor(
        async () => expect((await podsOf("decode")).map(({ status }) => status.phase)).toEqual(["Pending"]),
        { timeout: hangMs, interval: 500 },
      );
      await whenRunning("catalog", 1, /^base-/);
      await cluster.kubectl(["apply", "-f", "-"], nodeManifests({ base: 2, spot: 3 }));
      await whenRunning("decode", 1, /^spot-/);
    });

    test("where the nodes that stay are full of workers, a server that comes takes their room", async () => {
      for (const { metadata } of await cluster.list("nodes"))
        await cluster.kubectl(["delete", "node", metadata.name]);
      await cluster.kubectl(["apply", "-f", "-"], nodeManifests({ base: 2, spot: 0, cores: 8 }));
      await install({ services: { encode: { replicas: 30 } } });
      const waiting = async () => (await podsOf("encode")).filter(({ status }) => status.phase === "Pending");
      await vi.waitFor(async () => expect((await waiting()).length).toBeGreaterThan(0), { timeout: hangMs });
      await cluster.kubectl(["rollout", "restart", `deployment/${release}-ingest`, "-n", namespace]);
      await cluster.kubectl([
        ...["rollout", "status", `deployment/${release}-ingest`, "-n", namespace],
        `--timeout=${hangMs / 1_000}s`,
      ]);
      for (const { name, runs } of fleet.services)
        if (runs === "server") await whenRunning(name, name === "ingest" ? 2 : 1, /^base-/);
      expect((await waiting()).length).toBeGreaterThan(0);
      await install({});
      for (const node of await cluster.list("nodes"))
        await cluster.kubectl(["delete", "node", node.metadata.name]);
      await cluster.kubectl(["apply", "-f", "-"], nodeManifests({ base: 2, spot: 3 }));
      await whenRunning("decode", 1, /./);
    });

    test(
      "the autoscaler makes as many as are wanted, as the simulated one does",
      async () => {
        const metric = `autoscaling.gke.io|${release}-wanted|decode`;
        for (const { name, scaling } of fleet.services)
          if (scaling.by.measure === "backlog")
            metrics.values.set(`autoscaling.gke.io|${release}-wanted|${name}`, 1);
        await install({ autoscaling: { by: "gke" }, podMonitoring: { enabled: true } });
        const simulated = createScaler({ minReplicas: 1 });
        let atSec = 0;
        let predicted = 1;
        for (const wanted of [7, 20, 21]) {
          metrics.values.set(metric, wanted);
          // Upwards it takes several looks to get there; where it comes to rest is what counts.
          for (const endSec = atSec + 60; atSec < endSec; atSec += 15)
            predicted = simulated.look(atSec, wanted, predicted);
          await vi.waitFor(async () => expect(await replicasOf("decode")).toBe(predicted), {
            timeout: hangMs,
            interval: 500,
          });
          await whenRunning("decode", predicted, /./);
        }
        // What is not known is not none: the number stays.
        const askedBefore = metrics.asked.get(metric) ?? 0;
        metrics.values.delete(metric);
        await vi.waitFor(() => expect(metrics.asked.get(metric) ?? 0).toBeGreaterThan(askedBefore + 3), {
          timeout: hangMs,
        });
        expect(await replicasOf("decode")).toBe(predicted);
        // Downwards it waits for two minutes, and takes a fifth of them a minute.
        metrics.values.set(metric, 3);
        await vi.waitFor(() => expect(metrics.asked.get(metric) ?? 0).toBeGreaterThan(askedBefore + 6), {
          timeout: hangMs,
        });
        expect(await replicasOf("decode")).toBe(predicted);
        // The simulated one has been told of all that is wanted for long.
        for (const endSec = atSec + 600; atSec < endSec; atSec += 15)
          simulated.look(atSec, predicted, predicted);
        const goesDown: number[] = [];
        for (let replicas = predicted; replicas > 3; atSec += 15) {
          const next = simulated.look(atSec, 3, replicas);
          if (next < replicas) goesDown.push(next);
          replicas = next;
        }
        for (const replicas of goesDown)
          await vi.waitFor(async () => expect(await replicasOf("decode")).toBe(replicas), {
            timeout: hangMs,
            interval: 500,
          });
      },
      6 * hangMs,
    );
  },
);
