import { defineMetric } from "@segue/telemetry";

/** What the catalog measures. */
export const metrics = {
  projectedOutcomes: defineMetric({
    name: "segue_projected_outcomes_total",
    type: "counter",
    help: "Outcomes of steps that are stored. One that is delivered twice counts twice",
    labels: {
      step: "name of the step",
      status: "`succeeded` or `failed`",
      how: "`computed`, `skipped` (its result was there), or `none` for a failure",
    },
  }),
  attemptDuration: defineMetric({
    name: "segue_attempt_duration_seconds",
    type: "histogram",
    help: "What attempts took that computed a result, without what the message waited for: beside their step's budget. Of one that others handed on to, its own part",
    labels: { step: "name of the step" },
    bounds: [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 9, 10, 11, 15, 30],
  }),
  attemptCpu: defineMetric({
    name: "segue_attempt_cpu_seconds_total",
    type: "counter",
    help: "CPU time of attempts that computed a result, and of those that handed on to them, where it is known",
    labels: { step: "name of the step" },
  }),
  projectedTracks: defineMetric({
    name: "segue_projected_tracks_total",
    type: "counter",
    help: "Accepted tracks that are stored",
    labels: {},
  }),
  deadLetters: defineMetric({
    name: "segue_dead_letters_total",
    type: "counter",
    help: "Dead letters that are stored",
    labels: { step: "name of the step; `none` where it can't be told", code: "of the error" },
  }),
  projectionLag: defineMetric({
    name: "segue_projection_lag_seconds",
    type: "histogram",
    help: "From publishing a message to its commit: how far what the API answers is behind",
    labels: { topic: "`tracks`, `outcomes` or `dead-letters`" },
    bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
  }),
  handedBack: defineMetric({
    name: "segue_projection_handed_back_total",
    type: "counter",
    help: "Messages that went back to the queue because the database did not take them",
    labels: {},
  }),
  returnedMessages: defineMetric({
    name: "segue_returned_messages_total",
    type: "counter",
    help:
      "Messages that the queue gave up on after many deliveries none of which failed by itself, and that were sent again. A rate that " +
      "stays says that workers starve, are unfit, outdated, or ended again and again",
    labels: { step: "name of the step that they are for" },
  }),
  openTracks: defineMetric({
    name: "segue_open_tracks",
    type: "gauge",
    help: "Tracks that have not come to their end, as counted at the reconciler's last look; 100000 stands for that many or more",
    labels: {},
  }),
  wantedReplicas: defineMetric({
    name: "segue_wanted_replicas",
    type: "gauge",
    help: "Processes of a service that there should be, so that nothing waits longer than it may: for who scales them. Reckoned when it is asked for; absent, and not 0, while the database does not answer. Of several catalogs any one's holds",
    labels: { service: "name of the service" },
  }),
  waitingAttempts: defineMetric({
    name: "segue_waiting_attempts",
    type: "gauge",
    help: "Attempts that could be made at this moment, those that are under way included",
    labels: { service: "name of the service" },
  }),
  waitingCpuSeconds: defineMetric({
    name: "segue_waiting_cpu_seconds",
    type: "gauge",
    help: "CPU time that these will take, by what attempts took of late",
    labels: { service: "name of the service" },
  }),
  toolFamilies: defineMetric({
    name: "segue_tool_families",
    type: "gauge",
    help: "Families of an outside program that computed results of a step in the last day, as of the reconciler's last look; more than one: builds at work beside each other whose results differ in their last bits",
    labels: { step: "name of the step", version: "of the step", tool: "the program, as in `ffmpeg`" },
  }),
  reconcilerEvents: defineMetric({
    name: "segue_reconciler_events_total",
    type: "counter",
    help: "Tracks and replays that nobody owned",
    labels: {
      kind: "`found-in-storage` (safe there, and unknown to the catalog), `announced-again`, or `stuck` (given up: look into it)",
    },
  }),
  backfillTracks: defineMetric({
    name: "segue_backfill_tracks",
    type: "gauge",
    help: "Tracks of the backfills that this catalog drives, as of its last round; gone when the backfill is over",
    labels: {
      backfill: "its id",
      progress:
        "`complete` (nothing was to be done), `succeeded`, `failed`, `under-way`, or `all` once they are counted",
    },
  }),
  searchRows: defineMetric({
    name: "segue_search_rows_total",
    type: "counter",
    help: "Tracks that search has taken as they are now, as far as they were not so before",
    labels: {},
  }),
  searchBehind: defineMetric({
    name: "segue_search_behind_seconds",
    type: "gauge",
    help: "How long what has happened to tracks had waited when search came to it, as of this catalog's last turn, or for how long its turns have failed; 0 where nothing waits",
    labels: {},
  }),
  takedownOverdue: defineMetric({
    name: "segue_takedown_overdue_seconds",
    type: "gauge",
    help: "By how much the latest takedown, of those that are not done, is later than it would be had nothing come since, as of this catalog's last look; 0 where none is",
    labels: {
      stage:
        "`removed`: not proved to be gone, a quarter of an hour after it was asked for; `final`: nor a second time, when the queue could have nothing more of it",
    },
  }),
  webhookDeliveries: defineMetric({
    name: "segue_webhook_deliveries_total",
    type: "counter",
    help: "Deliveries that were sent to webhooks, each time",
    labels: {
      outcome:
        "`delivered`, `refused` (another status than 2xx) and `unanswered` (no answer in time), which are sent again, or `given-up` (not taken for a day)",
    },
  }),
  webhookDuration: defineMetric({
    name: "segue_webhook_delivery_duration_seconds",
    type: "histogram",
    help: "From a delivery's request to its answer, or to the end of its time",
    labels: {},
    bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  webhookOldest: defineMetric({
    name: "segue_webhook_oldest_waiting_seconds",
    type: "gauge",
    help: "How long the oldest delivery waits that was not taken yet, of all webhooks that are sent anything, as of the last look; 0 where none does",
    labels: {},
  }),
  webhooksDisabled: defineMetric({
    name: "segue_webhooks_disabled_total",
    type: "counter",
    help: "Webhooks that are sent nothing any more, since they took nothing for long, or answered 410",
    labels: {},
  }),
};
