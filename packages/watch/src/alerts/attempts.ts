import type { AlertGroup } from "../alert.ts";
import { attempted, ofCatalog, ofFetch, ofSteps } from "../measured.ts";
import { quantile, rate } from "../promql.ts";

const shareOf = (ending: string) =>
  `${rate(ofSteps.deliveries, "15m", { where: { ending }, by: ["step"] })} / ` +
  rate(ofSteps.deliveries, "15m", { where: { ending: attempted }, by: ["step"] });

const outcomes = (where: { status?: string }) =>
  rate(ofCatalog.projectedOutcomes, "15m", { where, by: ["step"] });

const budgets = ["reliability.md#promises", "errors.md#outcomes-of-steps"] as const;

export const attemptAlerts: AlertGroup = {
  name: "segue-attempts",
  title: "Attempts",
  alerts: [
    {
      name: "SegueAttemptsNearBudget",
      severity: "ticket",
      expr: `${quantile(0.95, ofSteps.deliveryDuration, "15m", { where: { ending: "computed" }, by: ["step"] })} > 9`,
      for: "30m",
      summary:
        'One in twenty attempts of {{ $labels.step }} takes {{ $value | printf "%.1f" }} s of its 10, or more',
      means:
        "What passes its budget is ended and made again: soon attempts will be thrown away. The figure has in it how long a delivery waits for a core and for storage.",
      first: [
        "See whether it came with a release of the step: `segue profile STEP FILE` on what it was before, and now.",
        "If SegueAttemptsPutOff is on too, the machine is at fault and not the step.",
        "See whether more attempts run at once on a node than it has cores.",
      ],
      look: [["a busy machine ends no track", budgets[0]]],
    },
    {
      name: "SegueAttemptsPutOff",
      severity: "ticket",
      expr: `${shareOf("put-off")} > 0.1`,
      for: "30m",
      summary: "{{ $value | humanizePercentage }} of the attempts of {{ $labels.step }} are put off",
      means:
        "They starved (mostly waited for a core, a disk or storage), or their worker was unfit (a full disk, no memory). They are made again after a pause that grows to a quarter of an hour, count for nothing, and cost twice the time.",
      first: [
        "`worker-unfit` in the logs: that worker's `/readyz` says what is wrong with its machine.",
        "`starved`: look at the nodes' CPU and disk; what else runs there; how fast storage answers.",
        "Larger nodes, fewer attempts at once (`SEGUE_CONCURRENCY`), or more memory (`services.NAME.memoryMiB`).",
      ],
      look: [["a busy machine ends no track", budgets[0]]],
    },
    {
      name: "SegueAttemptsRetried",
      severity: "ticket",
      expr: `${shareOf("retried")} > 0.1`,
      for: "30m",
      summary:
        "{{ $value | humanizePercentage }} of the attempts of {{ $labels.step }} fail and are made again",
      means:
        "They fail by themselves: over a budget, crashed, or by an error that the step did not expect. Five failures, and a message is a dead letter.",
      first: [
        "Read the workers' logs for `attempt failed`: code and error stand there.",
        "`segue history ID` of such a track has every attempt with its error; `segue failed reproduce ID STEP` makes it again on your machine.",
        "If it came with a release, go back to the one before.",
      ],
      look: [["codes of outcomes", budgets[1]]],
    },
    {
      name: "SegueAttemptsHandedBack",
      severity: "ticket",
      expr: `${shareOf("handed-back")} > 0.5`,
      for: "30m",
      summary:
        "{{ $value | humanizePercentage }} of the deliveries of {{ $labels.step }} go back to the queue",
      means:
        "More than workers that drain account for: storage does not answer, messages are for a younger release than the workers are, or most of what comes is put off for some time yet.",
      first: [
        "Logs say why (`handed back`): `storage-unavailable`, `worker-outdated`, `aborted`.",
        "`worker-outdated`: finish the deployment, in the order that the page on updating has.",
        "Nodes that go within seconds: see whether preemptions come in waves.",
      ],
      look: [
        ["updating a fleet", "operations.md#updating-a-fleet"],
        ["codes of outcomes", budgets[1]],
      ],
    },
    {
      name: "SegueStepFails",
      severity: "ticket",
      expr: `${outcomes({ status: "failed" })} / ${outcomes({})} > 0.2`,
      for: "30m",
      summary: "{{ $labels.step }} fails for {{ $value | humanizePercentage }} of its tracks",
      means:
        "These failures are final. One in five is more than bad files account for in most catalogs: a release of the step, a model, or an import of what is not audio.",
      first: [
        "`segue failed` counts them by code; `segue failed show ID` says what each means.",
        "`invalid-output` is a defect of the step. `not-audio` and the like are of whoever sends.",
        "When its cause is mended, `segue replay --step STEP` has what failed tried again.",
      ],
      look: [["codes of outcomes", budgets[1]]],
    },
    {
      name: "SegueSourcesAway",
      severity: "ticket",
      expr: `${rate(ofFetch.fetches, "15m", { where: { ending: "put-off" } })} / ${rate(ofFetch.fetches, "15m")} > 0.5`,
      for: "30m",
      summary: "{{ $value | humanizePercentage }} of fetches are put off: their sources do not answer",
      means:
        "Tracks whose source was named, and not sent, wait. Each is tried again, with pauses that grow to a quarter of an hour.",
      first: [
        "Logs of `fetch` name the hosts. Ask who runs them.",
        "If all hosts fail: whether pods reach the internet, by name and by network policy.",
      ],
      look: [["sources", "submitting.md"]],
    },
  ],
};
