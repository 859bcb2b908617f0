// Everything that people watch a fleet by, asked by a real Prometheus that collects from one that runs.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNames, localNaming, tasksTopic } from "@segue/chain";
import { alertGroups, dashboardRows } from "@segue/watch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import project from "../../segue.config.ts";
import { pubsubOf, storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { missingPrometheus } from "./promtool.ts";
import { type Prometheus, startPrometheus } from "./start-prometheus.ts";

const dir = mkdtempSync(join(tmpdir(), "segue-watch-"));
const names = createNames(localNaming);
const alerts = alertGroups.flatMap((group) => group.alerts);
const queries = dashboardRows.flatMap(({ panels }) =>
  panels.flatMap(({ title, queries }) => queries.map((query) => ({ title, ...query }))),
);
/** As Grafana fills it in, where metrics are collected every few seconds. */
const filledIn = (expr: string) => expr.replaceAll("$__rate_interval", "2m");

/** Where each service tells its metrics: its log has the port that it took. */
function healthPorts(dataDir: string): ReadonlyMap<string, number> {
  const logs = join(dataDir, "logs");
  return new Map(
    readdirSync(logs).flatMap((file) => {
      const ports = [...readFileSync(join(logs, file), "utf8").matchAll(/"healthPort":(\d+)/g)];
      const [, port] = ports.at(-1) ?? [];
      return port ? [[file.replace(/\.log$/, ""), Number(port)] as const] : [];
    }),
  );
}

if (missingPrometheus) console.warn(`what is watched is not tried: ${missingPrometheus}`);

describe.skipIf(missingPrometheus)(
  `a Prometheus beside a fleet${missingPrometheus ? ` (skipped: ${missingPrometheus})` : ""}`,
  () => {
    let running: FleetUnderTest;
    let prometheus: Prometheus;

    beforeAll(async () => {
      running = await startFleetUnderTest({ env: { SEGUE_RECONCILE_EVERY_MS: "1000" } });
      const ports = healthPorts(running.dataDir);
      expect([...ports.keys()].toSorted()).toEqual([...project.services.keys()].toSorted());
      prometheus = await startPrometheus(
        [...ports.values()].map((port) => `127.0.0.1:${port}`),
        dir,
      );
      await feed(running);
    });
    afterAll(async () => {
      await prometheus?.[Symbol.asyncDispose]();
      await running?.[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    });

    test("every step's results are counted, and every service's processes", async () => {
      const labelsOf = async (expr: string, label: string) =>
        (await prometheus.ask(expr)).map(({ labels }) => labels[label]).toSorted();
      // The last of them may not have been collected yet.
      await expect
        .poll(() => labelsOf('sum by (step) (segue_deliveries_total{ending="computed"}) > 0', "step"), {
          timeout: 60_000,
        })
        .toEqual(project.chain.steps.map(({ name }) => name).toSorted());
      expect(await labelsOf("count by (service_name) (process_start_time_seconds)", "service_name")).toEqual(
        [...project.services.keys()].toSorted(),
      );
    });

    test.each(queries.filter(({ absentUntil }) => absentUntil === undefined))(
      "$title ($legend) shows something",
      async ({ expr }) => {
        const seen = async () => (await prometheus.ask(filledIn(expr))).length;
        await expect.poll(seen, { timeout: 60_000 }).toBeGreaterThan(0);
      },
    );

    test.each(queries.filter(({ absentUntil }) => absentUntil !== undefined))(
      "$title ($legend) is understood; it shows nothing until $absentUntil",
      async ({ expr }) => {
        await prometheus.ask(filledIn(expr));
      },
    );

    test("what is shown of fetches and of the reconciler's looks is there by now", async () => {
      const seen = async (title: string) => {
        const query = queries.find((each) => each.title === title);
        return (await prometheus.ask(filledIn(query?.expr ?? ""))).length;
      };
      for (const title of [
        "Fetches by how they end",
        "Tracks that have not ended",
        "Families of programs that made results of one version",
      ])
        await expect.poll(() => seen(title), { timeout: 60_000 }).toBeGreaterThan(0);
    });

    test("series have the labels that alerts and panels ask for", async () => {
      const missing: string[] = [];
      const asked = [...alerts, ...queries].flatMap(({ expr }) => [...expr.matchAll(/(\w+)\{([^}]+)\}/g)]);
      const known = new Set<string>();
      for (const [, metric = "", matchers = ""] of asked)
        for (const [, label = ""] of matchers.matchAll(/(\w+)=/g)) known.add(`${metric}{${label}!=""}`);
      expect(known.size).toBeGreaterThan(10);
      for (const selector of known)
        if ((await prometheus.ask(`count_over_time(${selector}[15m])`)).length === 0) missing.push(selector);
      // There is none until a track is found that nobody owns, or somebody has a webhook.
      expect(missing).toEqual([
        'segue_reconciler_events_total{kind!=""}',
        'segue_webhook_deliveries_total{outcome!=""}',
      ]);
    });

    test("every alert is evaluated, and none calls while all is well", async () => {
      const evaluated = async () => (await prometheus.rules()).filter(({ health }) => health !== "unknown");
      await expect.poll(evaluated, { timeout: 60_000 }).toHaveLength(alerts.length);
      expect((await evaluated()).filter(({ health }) => health !== "ok")).toEqual([]);
      for (const { expr } of alerts) await prometheus.ask(expr);
      const firing = (await prometheus.alerts()).filter(({ state }) => state === "firing");
      // It does always.
      expect(firing.map(({ labels }) => labels.alertname)).toEqual(["SegueWatchdog"]);
      await expect(prometheus.ask("sum by (step")).rejects.toThrow();
    });

    const named = async (name: string) =>
      (await prometheus.alerts()).filter(({ labels }) => labels.alertname === name);

    test("the first dead letter of all calls", async () => {
      expect(await named("SegueDeadLetters")).toEqual([]);
      const pubsub = pubsubOf(running.fleet.env);
      await pubsub
        .topic(names.topic(tasksTopic("decode")))
        .publishMessage({ data: Buffer.from("no message") });
      await pubsub.close();
      await expect
        .poll(() => named("SegueDeadLetters"), { timeout: 120_000 })
        .toEqual([expect.objectContaining({ state: "firing" })]);
    });

    test("a catalog that hangs is missed", async () => {
      expect(await named("SegueServerGone")).toEqual([]);
      const { pid } = running.fleet.processes().find(({ name }) => name === "catalog") ?? {};
      if (!pid) throw new Error("expected a catalog");
      process.kill(pid, "SIGSTOP");
      try {
        await expect
          .poll(() => named("SegueServerGone"), { timeout: 120_000 })
          .toEqual([
            expect.objectContaining({ labels: expect.objectContaining({ service_name: "catalog" }) }),
          ]);
      } finally {
        process.kill(pid, "SIGCONT");
      }
    });
  },
);

/** Some of all that there is: tracks that are sent, one that is fetched, one that is no audio, a backfill. */
async function feed({ client, fleet }: FleetUnderTest): Promise<void> {
  const songs = await Promise.all(
    [1, 2, 3].map(async (seed) =>
      readFileSync((await makeMaster({ seed, durationSec: 10, format: "mp3", dir })).path),
    ),
  );
  const [fetched = Buffer.alloc(0), ...sent] = songs;
  const store = storeOf(fleet.env);
  await store.ensureBucket({ name: "library", softDeleteRetentionSec: 0 });
  await store.writeObject({ bucket: "library", name: "a.mp3", body: fetched, createOnly: true });
  const body = JSON.stringify({ source: "gs://library/a.mp3" });
  const headers = { "content-type": "application/json" };
  const answer = await client.get("/v1/tracks", { method: "POST", body, headers });
  const { id } = (await answer.json()) as { id: string };
  const ids = [id];
  for (const bytes of [...sent, Buffer.from("no samples\n".repeat(40))])
    ids.push((await client.post(bytes)).id);
  for (const each of ids) await client.ended(each);
  await client.backfillEnded((await client.api.requestBackfill({ force: ["loudness"] })).id);
}
