import { type Case, paused, running, unseenProcess } from "./case.ts";

const wanted = { 'segue_wanted_replicas{service="decode",service_name="catalog"}': "0x60" };
const lag = (within: string) => {
  const bucket = (le: string, values: string) => [
    `segue_projection_lag_seconds_bucket{service_name="catalog",topic="outcomes",le="${le}"}`,
    values,
  ];
  return Object.fromEntries([bucket("60", within), bucket("300", "0+100x60"), bucket("+Inf", "0+100x60")]);
};
const accepted = (values: string) => ({
  'segue_accepted_tracks_total{service_name="ingest",pod="a",source="upload"}': values,
});
const computed = (values: string) => ({
  'segue_deliveries_total{service_name="decode",pod="a",step="decode",ending="computed"}': values,
});
const projected = (what: "tracks" | "outcomes", values: string) => ({
  [`segue_projected_${what}_total{service_name="catalog",pod="a"}`]: values,
});
const handedBack = (values: string) => ({
  'segue_projection_handed_back_total{service_name="catalog"}': values,
});
const letters = (values: string) => ({
  'segue_dead_letters_total{service_name="catalog",pod="a",step="key",code="retries-exhausted"}': values,
});
const reconciled = (kind: string, values: string) => ({
  [`segue_reconciler_events_total{service_name="catalog",pod="a",kind="${kind}"}`]: values,
});
const backfill = (failed: number, succeeded: number) => ({
  'segue_backfill_tracks{service_name="catalog",pod="a",backfill="b1",progress="failed"}': `${failed}x60`,
  'segue_backfill_tracks{service_name="catalog",pod="b",backfill="b1",progress="failed"}': `${failed}x60`,
  'segue_backfill_tracks{service_name="catalog",pod="a",backfill="b1",progress="succeeded"}': `${succeeded}x60`,
  'segue_backfill_tracks{service_name="catalog",pod="a",backfill="b1",progress="complete"}': "900x60",
});
const families = (values: string) => ({
  'segue_tool_families{service_name="catalog",step="decode",version="3",tool="ffmpeg"}': values,
});
const webhooks = (oldest: string, delivered: string) => ({
  'segue_webhook_oldest_waiting_seconds{service_name="catalog",pod="a"}': oldest,
  'segue_webhook_deliveries_total{service_name="catalog",pod="a",outcome="delivered"}': delivered,
});
const overdue = (stage: string, values: string) => ({
  [`segue_takedown_overdue_seconds{service_name="catalog",pod="a",stage="${stage}"}`]: values,
});
/** An hour, ten minutes in which nobody collected, and two hours more. */
const pause = paused(60, 10, 120);
const unseen = unseenProcess("a", "catalog", pause);
const letter = {
  labels: { step: "key", code: "retries-exhausted" },
  says: "New dead letters of key (retries-exhausted): 1",
};

export const resultCases: Readonly<Record<string, Case>> = {
  SegueCatalogBlind: {
    fires: [
      {
        collected: running({ catalog: 2 }),
        at: "6m",
        labels: {},
        says: "The catalog runs and can't tell what waits: its database does not answer it",
      },
    ],
    silent: {
      "it tells that nothing is wanted": { collected: { ...running({ catalog: 1 }), ...wanted }, at: "30m" },
      "there is no catalog, which is told elsewhere": { collected: running({ ingest: 1 }), at: "30m" },
    },
  },
  SegueCatalogTakesNothing: {
    fires: [
      {
        collected: { ...wanted, ...accepted("0+6x60"), ...projected("tracks", "40x60") },
        at: "30m",
        labels: { topic: "tracks" },
        says: "60 messages in ten minutes (topic tracks), and the catalog has stored none",
      },
      {
        collected: {
          ...wanted,
          ...accepted("0+6x60"),
          ...computed("0+3x60"),
          ...projected("tracks", "0+6x60"),
          ...projected("outcomes", "0+3x5 15x60"),
        },
        at: "50m",
        labels: { topic: "outcomes" },
        says: "30 messages in ten minutes (topic outcomes), and the catalog has stored none",
      },
    ],
    silent: {
      "all of it is stored": {
        collected: {
          ...wanted,
          ...accepted("0+6x60"),
          ...computed("0+3x60"),
          ...projected("tracks", "0+6x60"),
          ...projected("outcomes", "0+3x60"),
        },
        at: "50m",
      },
      "a track now and then, stored a minute later": {
        collected: { ...wanted, ...accepted("0x20 1x20 2x20"), ...projected("tracks", "0x21 1x20 2x20") },
        at: "35m",
      },
      "nothing comes in": { collected: { ...wanted, ...accepted("9x60"), ...computed("9x60") }, at: "40m" },
      "a catalog without its database, which is told elsewhere": {
        collected: { ...running({ catalog: 1 }), ...accepted("0+6x60") },
        at: "40m",
      },
    },
  },
  SegueProjectionLags: {
    fires: [
      {
        collected: lag("0+50x60"),
        at: "20m",
        labels: { topic: "outcomes" },
        says: "What the API answers is 252 s behind (topic outcomes)",
      },
    ],
    silent: { "one in twenty is late": { collected: lag("0+95x60"), at: "40m" } },
  },
  SegueProjectionHandsBack: {
    fires: [
      {
        collected: handedBack("0+6x60"),
        at: "30m",
        labels: {},
        says: "The database does not take 0.1 messages a second",
      },
    ],
    silent: {
      "a database that was away for two minutes": { collected: handedBack("0x10 40 80x50"), at: "21m" },
    },
  },
  SegueDeadLetters: {
    fires: [
      // The first of its kind: a counter that begins with 1.
      { collected: letters("_x20 1x40"), at: "22m", ...letter },
      {
        collected: letters("1x60 2x40"),
        at: "62m",
        labels: letter.labels,
        says: "New dead letters of key (retries-exhausted): 1",
      },
      // While nobody collected, and the next after that.
      {
        collected: { ...letters(pause("7", "9")), ...unseen },
        at: "83m",
        labels: letter.labels,
        says: "New dead letters of key (retries-exhausted): 2",
      },
      { collected: { ...letters("_x65 _x10 1x60"), ...unseen }, at: "83m", ...letter },
      // Its process began again in its place, and so did its count.
      {
        collected: {
          ...letters("1x60 _x20 1x40"),
          'process_start_time_seconds{service_name="catalog",pod="a"}': "0x60 3720x60",
        },
        at: "85m",
        ...letter,
      },
    ],
    silent: {
      "those of an hour ago": { collected: letters("_x20 1x80"), at: "80m" },
      "those of before a pause in which nobody collected": {
        collected: { ...letters(pause("7", "7")), ...unseen },
        at: "83m",
      },
    },
  },
  SegueTracksStuck: {
    fires: [
      {
        collected: reconciled("stuck", "_x20 3x40"),
        at: "22m",
        labels: {},
        says: "Tracks or replays that were given up as stuck: 3",
      },
    ],
    silent: {
      "tracks that are announced again": { collected: reconciled("announced-again", "0+1x60"), at: "40m" },
      "those of before a pause in which nobody collected": {
        collected: { ...reconciled("stuck", pause("3", "3")), ...unseen },
        at: "128m",
      },
    },
  },
  SegueBackfillFails: {
    fires: [
      {
        collected: backfill(20, 80),
        at: "20m",
        labels: { backfill: "b1" },
        says: "20% of what backfill b1 makes fails",
      },
    ],
    silent: { "one in twenty": { collected: backfill(5, 95), at: "40m" } },
  },
  SegueToolsMixed: {
    fires: [
      {
        collected: families("2x120"),
        at: "61m",
        labels: { step: "decode", version: "3", tool: "ffmpeg" },
        says: "Version 3 of decode is made by 2 families of ffmpeg",
      },
    ],
    silent: { "one family": { collected: families("1x120"), at: "100m" } },
  },
  SegueSearchBehind: {
    fires: [
      {
        collected: { 'segue_search_behind_seconds{service_name="catalog",pod="a"}': "600x60" },
        at: "30m",
        labels: {},
        says: "Search is 10m 0s behind what has happened to tracks",
      },
    ],
    silent: {
      "a backfill has it behind for a while": {
        collected: { 'segue_search_behind_seconds{service_name="catalog",pod="a"}': "600x5 0x60" },
        at: "30m",
      },
    },
  },
  SegueTakedownOverdue: {
    fires: [
      {
        collected: overdue("removed", "28800x60"),
        at: "30m",
        labels: { stage: "removed" },
        says: "A takedown is 8h 0m 0s late in coming to `removed`",
      },
      {
        collected: { ...overdue("removed", "0x60"), ...overdue("final", "259200x60") },
        at: "30m",
        labels: { stage: "final" },
        says: "A takedown is 3d 0h 0m 0s late in coming to `final`",
      },
    ],
    silent: {
      "one that waits for all masters to be gone through, once a day": {
        collected: { ...overdue("removed", "0x60"), ...overdue("final", "100000x60") },
        at: "40m",
      },
      "storage that was away for an hour": { collected: overdue("removed", "3600x60"), at: "40m" },
    },
  },
  SegueWebhooksLate: {
    fires: [
      {
        collected: webhooks("7200x120", "5x120"),
        at: "90m",
        labels: {},
        says: "A webhook's delivery waits for 2h 0m 0s, and none was taken in the last hour",
      },
    ],
    silent: {
      "one receiver is down, and others take theirs": {
        collected: webhooks("7200x120", "0+1x120"),
        at: "90m",
      },
      "a receiver that was away for half an hour": { collected: webhooks("1800x120", "5x120"), at: "90m" },
    },
  },
};
