import type { AlertGroup } from "../alert.ts";
import { ofProcess } from "../measured.ts";
import { series } from "../promql.ts";

export const processAlerts: AlertGroup = {
  name: "segue-processes",
  title: "Processes",
  alerts: [
    {
      name: "SegueNotReady",
      severity: "page",
      expr: `max by (service_name) (${series(ofProcess.ready)}) == 0`,
      for: "5m",
      summary: "No process of {{ $labels.service_name }} is ready",
      means:
        "They run, and can't do their work: something that they need is missing, or refuses them. Of the API it means that clients are answered by nobody; of a service of steps that nothing comes to it, and of the catalog that what comes is not stored. What was accepted waits in the queue.",
      first: [
        "`/readyz` of one of its pods says why, with every reason; the same is in its log.",
        "`subscription ...: User not authorized`, or `not found`: `segue verify`, and the grants of the service's account (`pulumi up`).",
        "`the database does not let the API write`: the step in the database was left out.",
        "`starting` for minutes: see SegueProcessesRestart, and the first lines of its log.",
      ],
      look: [
        ["endpoints and ports", "operations.md#endpoints-and-ports"],
        ["access to the database", "database-access.md"],
      ],
    },
    {
      name: "SegueProcessesRestart",
      severity: "ticket",
      expr: `sum by (service_name) (changes(${series(ofProcess.startTime)}[30m])) > 3`,
      for: "0s",
      summary:
        "Processes of {{ $labels.service_name }} ended and began again {{ $value }} times in half an hour",
      means:
        "Each in its own place: a pod that a preemption takes is another pod afterwards, and does not count. Such processes are ended for memory, by a probe that they do not answer, or by a defect.",
      first: [
        "The pod's last state says why: `OOMKilled`, or an exit code; `kubectl logs --previous` has its last words.",
        "For memory: whether one file does it (`segue failed` has `worker-crashed`), or all of them since a release; `services.NAME.memoryMiB` of the chart gives more meanwhile.",
        "A probe: see SegueEventLoopBusy.",
      ],
      look: [["a bad file holds up nobody", "reliability.md#promises"]],
    },
    {
      name: "SegueEventLoopBusy",
      severity: "ticket",
      expr: `avg by (service_name) (avg_over_time(${series(ofProcess.eventLoop)}[10m])) > 0.9`,
      for: "15m",
      summary:
        "Processes of {{ $labels.service_name }} have {{ $value | humanizePercentage }} of their event loop taken",
      means:
        "They answer late: clients, probes, leases. Leases that are not extended in time bring messages back, and work is done twice.",
      first: [
        "Servers: more of them. `ingest` and `catalog` have an autoscaler by CPU, which may be at its limit; `services.NAME.replicas` fixes another number.",
        "Workers: a step computes in the process instead of its thread, or moves more than it should: `segue profile STEP FILE`.",
      ],
      look: [["nobody waits for one worker", "reliability.md#promises"]],
    },
    {
      name: "SegueWatchdog",
      severity: "none",
      expr: "vector(1)",
      for: "0s",
      summary: "It fires always: where it is not heard, no other alert is",
      means:
        "All alerts go the same way: rules that are evaluated, an Alertmanager, a receiver. Somebody outside of the cluster who expects this one every few minutes, and calls when it does not come, watches that way.",
      first: [
        "Give it a route of its own in your Alertmanager, to a service that calls when it hears nothing (a dead man's switch), with a `repeat_interval` of some minutes; nobody else is to be told of it.",
        "When it is missed: whether Prometheus and the Alertmanager run, and whether the Alertmanager has a receiver. Google's managed one tells nobody until there is the secret `alertmanager`, with the key `alertmanager.yaml`, in the namespace `gmp-public`.",
        "Where `infra` made the alerts, Cloud Monitoring evaluates them and this one is not among them: SegueServerGone fires where nothing is collected.",
      ],
      look: [["alerts and who is told of them", "operations.md#what-to-watch"]],
    },
  ],
};
