import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Alert, RuleFile } from "@segue/watch";
import { parse } from "yaml";

/** The rules that the chart has. */
export const rulesFile = fileURLToPath(new URL("../../helm/segue/files/alerts.yaml", import.meta.url));

const works = (command: string) => spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;

/** Why Prometheus' own programs can't be asked here, if they can't. */
export const missingPrometheus =
  works("promtool") && works("prometheus")
    ? undefined
    : "there is no Prometheus (apt-get install prometheus)";

/** Series as they are collected once a minute, by name and labels: values, in Prometheus' short form (`0+5x60`: sixty minutes of five more each). */
export type Collected = Readonly<Record<string, string>>;

/** What an alert says of what was collected, and when. */
export interface Trial {
  readonly alert: string;
  readonly collected: Collected;
  /** When it is looked for, as in `30m`. */
  readonly at: string;
  /** Alerts that fire then: their labels, and what they say. */
  readonly fires: readonly { readonly labels: Readonly<Record<string, string>>; readonly says: string }[];
}

/** What promtool says of the chart's rules; nothing where all are right. Each trial is of one group of them: it takes as long as there are rules. */
export function tryRules(trials: readonly Trial[], alertOf: (name: string) => Alert): string {
  const { groups }: RuleFile = parse(readFileSync(rulesFile, "utf8"));
  return groups
    .map((group) => {
      const isOf = ({ alert }: Trial) => group.rules.some((rule) => rule.alert === alert);
      return tryGroup(group, trials.filter(isOf), alertOf);
    })
    .join("");
}

function tryGroup(
  group: RuleFile["groups"][number],
  trials: readonly Trial[],
  alertOf: (name: string) => Alert,
): string {
  const expect = ({ alert, fires }: Trial) => {
    const { severity, means } = alertOf(alert);
    return fires.map(({ labels, says }) => ({
      exp_labels: { severity, ...labels },
      exp_annotations: { summary: says, description: means },
    }));
  };
  const tests = trials.map((trial) => ({
    interval: "1m",
    input_series: Object.entries(trial.collected).map(([series, values]) => ({ series, values })),
    alert_rule_test: [{ eval_time: trial.at, alertname: trial.alert, exp_alerts: expect(trial) }],
  }));
  const dir = mkdtempSync(join(tmpdir(), "segue-rules-"));
  try {
    const write = (name: string, content: object) => {
      writeFileSync(join(dir, name), JSON.stringify(content));
      return join(dir, name);
    };
    const rules = write("rules.json", { groups: [{ ...group, interval: "1m" }] });
    const file = write("trials.json", { rule_files: [rules], evaluation_interval: "1m", tests });
    const { stdout, stderr, status } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
    return status === 0 ? "" : `${stdout}${stderr}`;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
