import { ofApi, ofFetch } from "../measured.ts";
import { increase, quantile, rate, series } from "../promql.ts";
import { type Row, window } from "./panel.ts";

export const intake: Row = {
  title: "Intake",
  panels: [
    {
      title: "Tracks accepted",
      unit: "ops",
      isStacked: true,
      queries: [{ expr: rate(ofApi.acceptedTracks, window, { by: ["source"] }), legend: "{{source}}" }],
    },
    {
      title: "Bytes accepted",
      unit: "Bps",
      isStacked: true,
      queries: [{ expr: rate(ofApi.acceptedBytes, window, { by: ["source"] }), legend: "{{source}}" }],
    },
    {
      title: "Requests by status",
      unit: "reqps",
      isStacked: true,
      queries: [{ expr: rate(ofApi.requests, window, { by: ["status"] }), legend: "{{status}}" }],
    },
    {
      title: "Refusals by code",
      unit: "reqps",
      isStacked: true,
      queries: [
        {
          expr: rate(ofApi.requests, window, { where: { code: { not: /none/ } }, by: ["code"] }),
          legend: "{{code}}",
          absentUntil: "a request is refused",
        },
      ],
    },
    {
      title: "Slowest twentieth of requests, from",
      unit: "s",
      help: "Uploads and downloads take as long as the client's connection.",
      queries: [
        {
          expr: quantile(0.95, ofApi.requestDuration, window, { by: ["method", "route"] }),
          legend: "{{method}} {{route}}",
        },
      ],
    },
    {
      title: "Requests that wait for something to happen",
      unit: "short",
      queries: [{ expr: `sum(${series(ofApi.heldRequests)})`, legend: "held open" }],
    },
    {
      title: "Audit: waits for the database, and lost in an hour",
      unit: "short",
      limit: 1,
      queries: [
        { expr: `sum(${series(ofApi.auditWaiting)})`, legend: "waits" },
        { expr: increase(ofApi.auditLost, "1h"), legend: "lost" },
      ],
    },
    {
      title: "Fetches by how they end",
      unit: "ops",
      isStacked: true,
      queries: [
        {
          expr: rate(ofFetch.fetches, window, { by: ["ending"] }),
          legend: "{{ending}}",
          absentUntil: "a request names a source instead of sending the file",
        },
      ],
    },
  ],
};
