import type { AlertGroup } from "../alert.ts";
import { ofApi, ofCatalog, ofProcess, ofSteps, servers } from "../measured.ts";
import { growth, increase, quantile, rate, series, told, withLabel } from "../promql.ts";

const ofBackfill = (progress: string | RegExp) =>
  `sum by (backfill) (${told(ofCatalog.backfillTracks, ["backfill", "progress"], { progress })})`;

const overdue = (stage: string) => told(ofCatalog.takedownOverdue, ["stage"], { stage });

/** What somebody has told of in the last ten minutes, while nothing of the kind was stored. */
const unheard = (topic: string, isTold: string, isStored: string) =>
  withLabel(`(${isTold} > 0 unless on () ${isStored} > 0)`, "topic", topic);
const ended = /computed|skipped|failed/;

export const resultAlerts: AlertGroup = {
  name: "segue-results",
  title: "Results, and what goes wrong with them",
  alerts: [
    {
      name: "SegueCatalogBlind",
      severity: "page",
      expr:
        `absent(${series(ofCatalog.wantedReplicas)}) and on () ` +
        `count(${series(ofProcess.startTime, { service_name: servers.catalog })}) > 0`,
      for: "5m",
      summary: "The catalog runs and can't tell what waits: its database does not answer it",
      means:
        "Results are made and not stored, reads fail, and workers stay as many as they are: nobody says how many there should be. Messages go back to the queue and come again; none is lost.",
      first: [
        "The catalog's `/readyz` says what the database answers.",
        "See whether the database runs, has connections and disk left, and is reached from the catalog's pods.",
        "When it answers again there is nothing to repair: the catalog catches up by itself.",
      ],
      look: [["a database that is away holds up results", "reliability.md#promises"]],
    },
    {
      name: "SegueCatalogTakesNothing",
      severity: "page",
      expr:
        `(${unheard("tracks", increase(ofApi.acceptedTracks, "10m"), increase(ofCatalog.projectedTracks, "10m"))} or ` +
        `${unheard("outcomes", increase(ofSteps.deliveries, "10m", { where: { ending: ended } }), increase(ofCatalog.projectedOutcomes, "10m"))}) ` +
        `and on () count(${series(ofCatalog.wantedReplicas)}) > 0`,
      for: "10m",
      summary:
        '{{ $value | printf "%.0f" }} messages in ten minutes (topic {{ $labels.topic }}), and the catalog has stored none',
      means:
        "Tracks are accepted, or steps come to results, the database answers, and nothing arrives there: clients see nothing move, and no workers are asked for. The queue keeps what is not taken for a week.",
      first: [
        "`segue verify` tells whether the subscriptions of `catalog` are there, and as they should be.",
        "The catalog's `/readyz` and log: `User not authorized` means that its account may not pull (`pulumi up`).",
        "See whether messages wait in its subscriptions (Cloud Monitoring): if none do, they go elsewhere: the same `SEGUE_PREFIX` and project for all?",
      ],
      look: [
        ["`segue verify`", "cli.md#segue-ping"],
        ["updating a fleet", "operations.md#updating-a-fleet"],
      ],
    },
    {
      name: "SegueProjectionLags",
      severity: "page",
      expr: `${quantile(0.9, ofCatalog.projectionLag, "5m", { by: ["topic"] })} > 60`,
      for: "10m",
      summary: 'What the API answers is {{ $value | printf "%.0f" }} s behind (topic {{ $labels.topic }})',
      means: "Results are there and clients do not see them yet. The catalog stores less than comes in.",
      first: [
        "Look at the database: CPU, disk, statements that wait for each other.",
        "Look at the catalog's CPU and event loop. More of them share the work: its autoscaler makes up to four, by CPU; `services.catalog.replicas` fixes another number.",
        "After an outage it is what has piled up, and falls.",
      ],
      look: [["a database that is away, slow or blocked", "reliability.md#promises"]],
    },
    {
      name: "SegueProjectionHandsBack",
      severity: "ticket",
      expr: `${rate(ofCatalog.handedBack, "10m")} > 0`,
      for: "15m",
      summary: 'The database does not take {{ $value | printf "%.2g" }} messages a second',
      means: "Messages go back to the queue and come again. It answers, and not in time, or not everything.",
      first: [
        "Logs of the catalog (`messages go back to the queue`) and, just before, what the database said.",
        "See whether something else holds locks, and whether the database has room.",
      ],
      look: [["a database that is away, slow or blocked", "reliability.md#promises"]],
    },
    {
      name: "SegueDeadLetters",
      severity: "ticket",
      expr: `${growth(ofCatalog.deadLetters, 15, { by: ["step", "code"] })} > 0`,
      for: "0s",
      summary: 'New dead letters of {{ $labels.step }} ({{ $labels.code }}): {{ $value | printf "%.0f" }}',
      means:
        "Work was given up for good: its attempts failed by themselves as often as they may, or a message could not be read. The track says so, and the letter has the whole story.",
      first: [
        "`segue failed` counts them by code and step; `segue failed show ID` has every attempt and the letter.",
        "`segue failed reproduce ID STEP` makes it again on your machine.",
        "Mend the cause, then `segue replay --step STEP`.",
      ],
      look: [
        ["codes of outcomes", "errors.md#outcomes-of-steps"],
        ["`segue failed`", "cli.md#segue-failed"],
      ],
    },
    {
      name: "SegueTracksStuck",
      severity: "ticket",
      expr: `${growth(ofCatalog.reconcilerEvents, 60, { where: { kind: "stuck" } })} > 0`,
      for: "0s",
      summary: 'Tracks or replays that were given up as stuck: {{ $value | printf "%.0f" }}',
      means:
        "They were announced again as often as it may be, and no step has answered. They will not end by themselves, and nobody's workers are counted for them any more.",
      first: [
        "The catalog's log names them. `segue track ID` says which step they wait for.",
        "`segue ping` tells whether that step answers; a step that was taken out of the fleet never will: `segue remove step`.",
        "Then `segue replay ID`.",
      ],
      look: [["variables of the reconciler", "configuration.md"]],
    },
    {
      name: "SegueBackfillFails",
      severity: "ticket",
      expr: `${ofBackfill("failed")} / ${ofBackfill(/succeeded|failed/)} > 0.1`,
      for: "15m",
      summary: "{{ $value | humanizePercentage }} of what backfill {{ $labels.backfill }} makes fails",
      means: "It goes on through the whole catalog, and costs as much for what fails as for what does not.",
      first: [
        "`segue make pause ID`: what is made stays.",
        "`segue make show ID` has the failures by code and step.",
        "`segue make resume ID`, or `cancel` and begin again with a mended step.",
      ],
      look: [["`segue make`", "cli.md#segue-make"]],
    },
    {
      name: "SegueToolsMixed",
      severity: "ticket",
      expr: `${told(ofCatalog.toolFamilies, ["step", "version", "tool"])} > 1`,
      for: "1h",
      summary:
        "Version {{ $labels.version }} of {{ $labels.step }} is made by {{ $value }} families of {{ $labels.tool }}",
      means: "Results of one version differ in their last bits, by the worker that made them.",
      first: [
        "`segue status` names the builds. Workers of one release should have one image.",
        "When one is left it goes off within a day.",
      ],
      look: [["two builds in one fleet", "ffmpeg.md#two-builds-in-one-fleet"]],
    },
    {
      name: "SegueSearchBehind",
      severity: "ticket",
      expr: `${told(ofCatalog.searchBehind, [])} > 300`,
      for: "15m",
      summary: "Search is {{ $value | humanizeDuration }} behind what has happened to tracks",
      means:
        "Tracks are stored, and are not found yet, or not as they are. Nothing is lost: search follows the feed, and goes through all tracks where that does not reach back any more.",
      first: [
        "Logs of the catalog (`search can't be kept up now`) have what the database said.",
        "If it is not that: whether the database's CPU or disk is the limit, which a backfill of millions may bring to it.",
        "`segue search rebuild` makes it anew once the cause is mended; it is not needed for what is only late.",
      ],
      look: [["how search is kept", "search.md#how-it-is-kept"]],
    },
    {
      name: "SegueTakedownOverdue",
      severity: "ticket",
      expr: `${overdue("removed")} > 21600 or ${overdue("final")} > 172800`,
      for: "15m",
      summary: "A takedown is {{ $value | humanizeDuration }} late in coming to `{{ $labels.stage }}`",
      means:
        "What somebody wanted gone can't be read any more, and is not proved to be gone: a receipt is due. Its sweeps fail, or it waits for storage to be gone through, or for bytes that somebody keeps sending.",
      first: [
        "The catalog's log names it and says why: `a takedown can't go on now`, or `takedowns can't be looked after now`.",
        "`403` or `permission denied`: what the catalog may delete is not granted in one of the buckets (`pulumi up`, `segue verify`).",
        "If there is no such line: `segue takedown show ID` of the oldest that is `removing`, and whether its masters are sent again and again.",
      ],
      look: [["when a takedown does not come to its end", "deletion.md#when-it-does-not-come-to-its-end"]],
    },
    {
      name: "SegueWebhooksLate",
      severity: "ticket",
      expr:
        `${told(ofCatalog.webhookOldest, [])} > 3600 unless on () ` +
        `${increase(ofCatalog.webhookDeliveries, "1h", { where: { outcome: "delivered" } })} > 0`,
      for: "15m",
      summary:
        "A webhook's delivery waits for {{ $value | humanizeDuration }}, and none was taken in the last hour",
      means:
        "Either all receivers are down, or the fleet can't reach them: no way out to them, no names, certificates that it does not trust. Deliveries are sent again for a day, and a webhook that takes nothing for three is disabled. Nothing that the feed still has is lost.",
      first: [
        "`GET /v1/webhooks/ID/deliveries?state=waiting` says what the last attempt came to; `GET /v1/webhooks` which of them take nothing, and since when.",
        "If none has an answer: whether a catalog's pod reaches hosts outside by https (the chart's network policies, the network's own way out).",
        "If they answer, and not with 2xx: their owners have to look. Afterwards `POST /v1/webhooks/ID/replay` sends what was given up.",
      ],
      look: [["what webhooks promise", "webhooks.md#what-is-promised"]],
    },
  ],
};
