import { ofCatalog, processes } from "../measured.ts";
import { told } from "../promql.ts";
import type { Row } from "./panel.ts";

const perWorker = `${told(ofCatalog.waitingCpuSeconds, ["service"])} / on (service) ${processes}`;

export const work: Row = {
  title: "Work that waits",
  panels: [
    {
      title: "Attempts that could be made now",
      unit: "short",
      help: "Those under way included. None while the database does not answer the catalog.",
      queries: [{ expr: told(ofCatalog.waitingAttempts, ["service"]), legend: "{{service}}" }],
    },
    {
      title: "Workers wanted",
      unit: "short",
      queries: [{ expr: told(ofCatalog.wantedReplicas, ["service"]), legend: "{{service}}" }],
    },
    {
      title: "Workers wanted and not there",
      unit: "short",
      help: "Below 0: more than are wanted.",
      queries: [
        {
          expr: `${told(ofCatalog.wantedReplicas, ["service"])} - (${processes} or 0 * ${told(ofCatalog.wantedReplicas, ["service"])})`,
          legend: "{{service}}",
        },
      ],
    },
    {
      title: "CPU time that waits, for each worker",
      unit: "s",
      queries: [{ expr: perWorker, legend: "{{service}}" }],
    },
    {
      title: "Tracks that have not ended",
      unit: "short",
      help: "As of the reconciler's last look; 100000 stands for more.",
      queries: [
        {
          expr: told(ofCatalog.openTracks, []),
          legend: "open",
          absentUntil: "the reconciler's first look, minutes after a start",
        },
      ],
    },
    {
      title: "Backfills",
      unit: "short",
      queries: [
        {
          expr: told(ofCatalog.backfillTracks, ["backfill", "progress"]),
          legend: "{{backfill}} {{progress}}",
          absentUntil: "a backfill runs",
        },
      ],
    },
  ],
};
