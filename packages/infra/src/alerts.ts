import { apiName } from "./apis.ts";
import type { Ground } from "./ground.ts";
import { type Reference, resource } from "./resource.ts";

const channelName = (index: number) => `alert/email/${index + 1}`;

/** Each address that is told of trouble, as others name it. */
export function channelsOf({ settings }: Ground): Reference[] {
  return settings.alertEmails.map((_, index) => ({ resource: channelName(index), output: "name" }));
}

/** What only Google sees: that the API is away from outside, that the queue gave up, that nobody takes its messages, that Postgres is down. */
export function alertResources(ground: Ground) {
  const { project, labels, settings } = ground;
  return [
    ...settings.alertEmails.map((email, index) =>
      resource(
        "gcp:monitoring/notificationChannel:NotificationChannel",
        channelName(index),
        {
          project,
          displayName: `${ground.prefix}: ${email}`,
          type: "email",
          labels: { email_address: email },
          userLabels: labels,
        },
        { dependsOn: [apiName("monitoring")] },
      ),
    ),
    ...uptime(ground),
    ...troubles(ground).map((trouble) => alert(ground, trouble)),
  ];
}

function uptime({ project, prefix, labels, settings: { apiHost } }: Ground) {
  if (apiHost === null) return [];
  return [
    resource(
      "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
      "uptime",
      {
        project,
        displayName: `${prefix}: the API`,
        period: "60s",
        timeout: "10s",
        monitoredResource: { type: "uptime_url", labels: { project_id: project, host: apiHost } },
        httpCheck: { path: "/healthz", port: 443, useSsl: true, validateSsl: true },
        userLabels: labels,
      },
      { dependsOn: [apiName("monitoring")] },
    ),
  ];
}

interface Trouble {
  readonly id: string;
  readonly title: string;
  readonly meaning: string;
  readonly filter: string;
  readonly above: boolean;
  readonly threshold: number;
  readonly aligner: string;
  readonly reducer: string;
  readonly forSec: number;
}

function silentApi(apiHost: string): Trouble {
  return {
    id: "api",
    title: "the API does not answer",
    meaning: `https://${apiHost}/healthz was not well, from more than one place, for three minutes.`,
    filter: `metric.type = "monitoring.googleapis.com/uptime_check/check_passed" AND resource.type = "uptime_url" AND resource.labels.host = "${apiHost}"`,
    above: true,
    threshold: 1,
    aligner: "ALIGN_NEXT_OLDER",
    reducer: "REDUCE_COUNT_FALSE",
    forSec: 180,
  };
}

function troubles({ spec, prefix, project, settings: { apiHost } }: Ground): Trouble[] {
  const queue = 'resource.type = "pubsub_subscription"';
  const ofTheFleet = `resource.labels.subscription_id = starts_with("${prefix}.")`;
  // A process that went without a word leaves its own; they expire.
  const ofNobody = spec.topics
    .filter(({ carries }) => carries === "news")
    .map(({ name }) => `NOT resource.labels.subscription_id = starts_with("${name}.")`);
  const waits = [
    queue,
    ofTheFleet,
    ...ofNobody,
    'NOT resource.labels.subscription_id = ends_with(".backfill")',
  ];
  return [
    ...(apiHost === null ? [] : [silentApi(apiHost)]),
    {
      id: "dead-letters",
      title: "the queue gave up on messages",
      meaning:
        "Messages were handed out as often as they may be, and went to the dead letters. The catalog sends them again; `segue failed` says of which tracks.",
      filter: `metric.type = "pubsub.googleapis.com/subscription/dead_letter_message_count" AND ${queue} AND ${ofTheFleet}`,
      above: true,
      threshold: 0,
      aligner: "ALIGN_DELTA",
      reducer: "REDUCE_SUM",
      forSec: 0,
    },
    {
      id: "waiting",
      title: "live messages wait for an hour",
      meaning:
        "Nobody takes them: workers that don't start, no preemptible nodes, or a catalog without its database.",
      filter: `metric.type = "pubsub.googleapis.com/subscription/oldest_unacked_message_age" AND ${waits.join(" AND ")}`,
      above: true,
      threshold: 3_600,
      aligner: "ALIGN_MAX",
      reducer: "REDUCE_MAX",
      forSec: 300,
    },
    {
      id: "database",
      title: "the database is down",
      meaning:
        "The catalog holds what it hears, and the API answers without it; nothing is lost for seven days.",
      filter: `metric.type = "cloudsql.googleapis.com/database/up" AND resource.type = "cloudsql_database" AND resource.labels.database_id = "${project}:${prefix}"`,
      above: false,
      threshold: 1,
      aligner: "ALIGN_MIN",
      reducer: "REDUCE_MIN",
      forSec: 300,
    },
  ];
}

function alert(ground: Ground, trouble: Trouble) {
  const { project, prefix, labels } = ground;
  return resource(
    "gcp:monitoring/alertPolicy:AlertPolicy",
    `alert/${trouble.id}`,
    {
      project,
      displayName: `${prefix}: ${trouble.title}`,
      combiner: "OR",
      conditions: [
        {
          displayName: trouble.title,
          conditionThreshold: {
            filter: trouble.filter,
            comparison: trouble.above ? "COMPARISON_GT" : "COMPARISON_LT",
            thresholdValue: trouble.threshold,
            duration: `${trouble.forSec}s`,
            aggregations: [
              {
                alignmentPeriod: "60s",
                perSeriesAligner: trouble.aligner,
                crossSeriesReducer: trouble.reducer,
              },
            ],
          },
        },
      ],
      documentation: { content: trouble.meaning, mimeType: "text/markdown" },
      notificationChannels: channelsOf(ground),
      alertStrategy: { autoClose: "86400s" },
      userLabels: labels,
    },
    {
      dependsOn: [
        apiName("monitoring"),
        ...channelsOf(ground).map((channel) => channel.resource),
        ...(trouble.id === "api" ? ["uptime"] : []),
      ],
    },
  );
}
