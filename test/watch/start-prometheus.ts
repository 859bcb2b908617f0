import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findFreePort } from "@segue/local-cloud/free-port";
import { z } from "zod";
import { rulesFile } from "./promtool.ts";

/** Who is collected from: an address each, as `host:port`. */
export type Targets = readonly string[];

const Series = z.object({
  metric: z.record(z.string(), z.string()),
  value: z.tuple([z.number(), z.string()]),
});
/** One figure, and its labels. */
export interface Figure {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
    }),
  ),
});
export type Rule = z.infer<typeof Rules>["groups"][number]["rules"][number];

const Alerts = z.object({
  alerts: z.array(
    z.object({ labels: z.record(z.string(), z.string()), state: z.enum(["pending", "firing"]) }),
  ),
});
export type Alert = z.infer<typeof Alerts>["alerts"][number];

export interface Prometheus extends AsyncDisposable {
  /** @throws what Prometheus says of an expression that it can't answer. */
  ask(expr: string): Promise<Figure[]>;
  rules(): Promise<Rule[]>;
  alerts(): Promise<Alert[]>;
}

/** A Prometheus with the chart's rules that collects every second. @param dir for its data. */
export async function startPrometheus(targets: Targets, dir: string): Promise<Prometheus> {
  const port = await findFreePort();
  const config = join(dir, "prometheus.json");
  const scrape = { job_name: "segue", static_configs: [{ targets }] };
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: [rulesFile],
      scrape_configs: [scrape],
    }),
  );
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(dir, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn("prometheus", args, { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(child, "exit");
  const get = async <T>(path: string, form: z.ZodType<T>): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { data, error } = z
      .object({ data: z.unknown(), error: z.string().optional() })
      .parse(await answer.json());
    if (error !== undefined) throw new Error(error);
    return form.parse(data);
  };
  await untilReady(port, child);
  return {
    async ask(expr) {
      const { result } = await get(
        `query?${new URLSearchParams({ query: expr })}`,
        z.object({ result: z.array(Series) }),
      );
      return result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
    },
    rules: async () => (await get("rules", Rules)).groups.flatMap(({ rules }) => rules),
    alerts: async () => (await get("alerts", Alerts)).alerts,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function untilReady(port: number, child: { readonly exitCode: number | null }): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
