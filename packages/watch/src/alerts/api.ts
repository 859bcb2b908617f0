import type { AlertGroup } from "../alert.ts";
import { ofApi, ofProcess, servers } from "../measured.ts";
import { growth, quantile, rate, series } from "../promql.ts";

/** Not those that ask whether it lives. */
const route = /\/v1\/.*/;
/** Refused for what a key may: its owner's business, and none of the API's room. */
const ofItsKey = /rate-limited|quota-exceeded/;
const forWantOfRoom = /too-many-.*/;
const answered = rate(ofApi.requests, "5m", { where: { route, code: { not: ofItsKey } } });
const failed = rate(ofApi.requests, "5m", { where: { route, status: /5../ } });
const refused = rate(ofApi.requests, "5m", { where: { route, code: forWantOfRoom }, by: ["code"] });

/** Reads of the database; what clients send and fetch takes as long as their connection. */
const reads = { method: "GET", route: /\/v1\/tracks(\/:id(\/history)?)?/ } as const;

export const apiAlerts: AlertGroup = {
  name: "segue-api",
  title: "The API and the servers",
  alerts: [
    {
      name: "SegueServerGone",
      severity: "page",
      expr: Object.values(servers)
        .map((name) => `absent(${series(ofProcess.startTime, { service_name: name })})`)
        .join(" or "),
      for: "5m",
      summary: "No process of {{ $labels.service_name }} tells its metrics",
      means:
        "There is none, or none is reached by who collects. Without `ingest` nothing is taken in; without `fetch` sources that are named wait; without `catalog` results are made and nobody sees them, and nobody says how many workers there should be. Nothing that was accepted is lost.",
      first: [
        "See whether its pods run and are ready. `/readyz` of one that is not says why.",
        "Read the last lines of one that ended: a wrong environment is one line and exit code 3.",
        "If all run: whether whoever collects reaches the port `health`.",
      ],
      look: [
        ["endpoints and ports", "operations.md#endpoints-and-ports"],
        ["variables", "configuration.md"],
      ],
    },
    {
      name: "SegueApiFails",
      severity: "page",
      expr: `${failed} / ${answered} > 0.02`,
      for: "10m",
      summary: "{{ $value | humanizePercentage }} of the API's answers are 5xx",
      means:
        "Clients are refused: by a defect (500), something that the API needs and that does not answer (503), or for want of room (507). Who asks again under the same key makes nothing twice.",
      first: [
        "See which of them it is: `Refusals by code` in the dashboard's row `Intake`.",
        "503 (`unavailable`): `/readyz` of the API names what does not answer. Reads need the database, posts the queue and storage.",
        "507 (`storage-full`): make room, or raise the quota. 500 (`internal`): the logs have the request's id and the error; it is a defect.",
      ],
      look: [["codes of the API's answers", "errors.md#answers-of-the-api"]],
    },
    {
      name: "SegueApiFull",
      severity: "ticket",
      expr: `${refused} / on () group_left () ${answered} > 0.05`,
      for: "15m",
      summary:
        "{{ $value | humanizePercentage }} of requests are refused for want of room: {{ $labels.code }}",
      means:
        "Each instance takes in so many files at once (`too-many-uploads`), and holds so many requests open (`too-many-streams`), and no more; clients are told to come again, and are not served as fast as they send. Keys that send more than they may are refused too, and do not count here.",
      first: [
        "See whether the API's autoscaler is at its maximum, and whether its pods find nodes.",
        "If one client sends all of it: a quarter of all room is kept for others. `segue add` and the client library wait as long as they are told to.",
      ],
      look: [["what is taken and refused", "submitting.md"]],
    },
    {
      name: "SegueApiSlow",
      severity: "ticket",
      expr: `${quantile(0.95, ofApi.requestDuration, "10m", { where: reads, by: ["route"] })} > 1`,
      for: "15m",
      summary: "One in twenty reads of {{ $labels.route }} takes more than {{ $value | humanizeDuration }}",
      means:
        "Reads of tracks are a few statements. If they are slow the database is, or the API's CPUs are taken.",
      first: [
        "Look at the database: its CPU, connections, statements that run long.",
        "Look at the API's CPU and event loop in the row `Processes`.",
      ],
      look: [["what holds for every answer", "reading.md"]],
    },
    {
      name: "SegueAuditNotKept",
      severity: "ticket",
      expr: `sum(min_over_time(${series(ofApi.auditWaiting)}[10m])) > 0 or ${growth(ofApi.auditLost, 60)} > 0`,
      for: "1m",
      summary: "{{ $value }} entries of the audit are not in the database",
      means:
        "Who wrote what is kept in the database within a second as a rule. An instance keeps ten thousand entries while the database takes none; what comes after that, or is left when it ends, the log alone has (lines with `type: audit`).",
      first: [
        "The API's log says why: `the audit is not kept now`.",
        "`permission denied`: the API's `/readyz` names the step in the database that was not done.",
        "Otherwise the database is away or full: see SegueCatalogBlind. What waits is kept when it answers again.",
      ],
      look: [
        ["access to the database", "database-access.md"],
        ["the audit", "security.md#audit"],
      ],
    },
  ],
};
