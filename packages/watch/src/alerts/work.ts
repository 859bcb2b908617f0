import type { AlertGroup } from "../alert.ts";
import { ofCatalog, processes, servicesThat } from "../measured.ts";
import { growth, told } from "../promql.ts";

const wanted = told(ofCatalog.wantedReplicas, ["service"]);
const waiting = told(ofCatalog.waitingAttempts, ["service"]);
const waitingCpuSec = told(ofCatalog.waitingCpuSeconds, ["service"]);
/** One track that starves is tried again and again, and nobody's page. */
const many = 20;

export const workAlerts: AlertGroup = {
  name: "segue-work",
  title: "Work that waits",
  alerts: [
    {
      name: "SegueServiceStalled",
      severity: "page",
      expr:
        `(${waiting} > 0 unless on (service) ${servicesThat("atWork")}) or ` +
        `(${waiting} > ${many} unless on (service) ${servicesThat("goesForward")})`,
      for: "15m",
      summary: "{{ $value }} attempts wait for {{ $labels.service }}, and none comes to anything",
      means:
        "There is work and nobody does it: no worker, or workers that hear nothing; or there is much of it, and all that is tried is put off, goes back or fails. All that comes after these steps waits with them. Nothing is lost: the queue keeps it.",
      first: [
        "`segue ping` tells which steps answer.",
        "If the service has no pods: whether somebody scales it, and whether its pods find nodes.",
        "If it has: `/readyz`, and in the row `Steps` how its deliveries end (of `fetch`: in the row `Intake`). `put-off`: see SegueAttemptsPutOff. `handed-back`: see SegueAttemptsHandedBack.",
        "`segue verify` tells whether its subscriptions are there, and as they should be.",
      ],
      look: [
        ["what survives what", "reliability.md"],
        ["`segue ping`, `segue verify`", "cli.md#segue-ping"],
      ],
    },
    {
      name: "SegueWorkersMissing",
      severity: "ticket",
      expr: `(${processes} or 0 * ${wanted}) < 0.8 * ${wanted}`,
      for: "15m",
      summary:
        "{{ $labels.service }} has {{ $value }} workers, and less than four fifths of those that it takes",
      means:
        "What waits can't be begun in time. Either workers do not come (no nodes, an image that can't be pulled, an autoscaler that does not hear the catalog), or their number is fixed or at its limit.",
      first: [
        "Compare the service's pods with the number that is asked for; pending ones say what they wait for.",
        "With KEDA: whether its ScaledObject is ready, and whether `maxReplicaCount` is reached: raise `autoscaling.maxReplicas`, or the service's own limit.",
        "Without: raise `services.NAME.replicas`, or let it wait.",
      ],
      look: [
        ["how many there should be", "../packages/scaling/README.md"],
        ["the chart", "../helm/segue/README.md"],
      ],
    },
    {
      name: "SegueWorkWaits",
      severity: "ticket",
      expr: `${waitingCpuSec} / on (service) ${processes} > 600`,
      for: "15m",
      summary:
        "Each worker of {{ $labels.service }} has {{ $value | humanizeDuration }} of CPU time before it",
      means:
        "Tracks wait ten times as long as the default allows. As many workers as are wanted may be there all the same: a service's own limit is part of what is wanted.",
      first: [
        "See SegueWorkersMissing: if that is not on, the service is at the limit that its definition sets (`scaling.maxReplicas`).",
        "See whether attempts take longer than they did: the row `Steps`.",
        "A backfill gives way to live tracks: `segue make pause ID` shows whether it is that.",
      ],
      look: [
        ["how many there should be", "../packages/scaling/README.md"],
        ["`segue make`", "cli.md#segue-make"],
      ],
    },
    {
      name: "SegueMessagesReturned",
      severity: "ticket",
      expr: `${growth(ofCatalog.returnedMessages, 30, { by: ["step"] })} > 0`,
      for: "1h",
      summary: "The queue goes on giving up on messages for {{ $labels.step }}",
      means:
        "Each of them was delivered about twenty times and never failed by itself; the catalog sends it again, for ever. Its workers starve, are unfit or outdated, or end again and again before they can say why.",
      first: [
        "See how the step's deliveries end (row `Steps`), and whether its processes start again and again (SegueProcessesRestart).",
        "Read its workers' logs for `worker-unfit`, `worker-outdated` and `starved`.",
      ],
      look: [
        ["good work is not thrown away", "reliability.md#promises"],
        ["codes of outcomes", "errors.md#outcomes-of-steps"],
      ],
    },
  ],
};
