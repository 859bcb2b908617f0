import { type Case, running } from "./case.ts";

const requests = (status: string, values: string, code = "none", route = "/v1/tracks") => ({
  [`segue_api_requests_total{service_name="ingest",pod="a",method="POST",route="${route}",status="${status}",code="${code}"}`]:
    values,
});
const slow = (route: string) => {
  const bucket = (le: string, values: string) => [
    `segue_api_request_duration_seconds_bucket{service_name="ingest",method="GET",route="${route}",le="${le}"}`,
    values,
  ];
  return Object.fromEntries([bucket("1", "0+50x60"), bucket("2.5", "0+100x60"), bucket("+Inf", "0+100x60")]);
};

const audit = (waiting: string, lost: string) => ({
  'segue_audit_waiting{service_name="ingest",pod="a"}': waiting,
  'segue_audit_lost_total{service_name="ingest",pod="a"}': lost,
});

export const apiCases: Readonly<Record<string, Case>> = {
  SegueServerGone: {
    fires: [
      {
        collected: running({ ingest: 2, fetch: 1, decode: 3 }),
        at: "6m",
        labels: { service_name: "catalog" },
        says: "No process of catalog tells its metrics",
      },
    ],
    silent: {
      "one of each": { collected: running({ ingest: 1, fetch: 1, catalog: 1 }), at: "60m" },
      "a rollout of some minutes": {
        collected: {
          ...running({ ingest: 2, fetch: 1 }),
          'process_start_time_seconds{service_name="catalog",pod="a"}': "1x10",
          'process_start_time_seconds{service_name="catalog",pod="b"}': "_x18 9x40",
        },
        at: "17m",
      },
    },
  },
  SegueApiFails: {
    fires: [
      {
        collected: { ...requests("202", "0+97x60"), ...requests("500", "0+3x60") },
        at: "20m",
        labels: {},
        says: "3% of the API's answers are 5xx",
      },
    ],
    silent: {
      "one in a hundred": {
        collected: { ...requests("202", "0+99x60"), ...requests("503", "0+1x60") },
        at: "40m",
      },
      "one bad minute": {
        collected: { ...requests("202", "0+100x60"), ...requests("500", "0x10 50x50") },
        at: "15m",
      },
      "a load balancer that asks one that drains": {
        collected: { ...requests("202", "0+10x60"), ...requests("503", "0+30x60", "unavailable", "/readyz") },
        at: "40m",
      },
    },
  },
  SegueApiFull: {
    fires: [
      {
        collected: { ...requests("202", "0+90x60"), ...requests("429", "0+10x60", "too-many-uploads") },
        at: "25m",
        labels: { code: "too-many-uploads" },
        says: "10% of requests are refused for want of room: too-many-uploads",
      },
      // However much a key is refused beside that.
      {
        collected: {
          ...requests("202", "0+90x60"),
          ...requests("429", "0+10x60", "too-many-uploads"),
          ...requests("429", "0+900x60", "rate-limited"),
        },
        at: "25m",
        labels: { code: "too-many-uploads" },
        says: "10% of requests are refused for want of room: too-many-uploads",
      },
    ],
    silent: {
      "one in fifty": {
        collected: { ...requests("202", "0+98x60"), ...requests("429", "0+2x60", "too-many-uploads") },
        at: "40m",
      },
      "a key that sends more than it may, to an API that has room": {
        collected: {
          ...requests("202", "0+80x60"),
          ...requests("429", "0+10x60", "rate-limited"),
          ...requests("429", "0+10x60", "quota-exceeded"),
        },
        at: "40m",
      },
    },
  },
  SegueApiSlow: {
    fires: [
      {
        collected: slow("/v1/tracks/:id"),
        at: "30m",
        labels: { route: "/v1/tracks/:id" },
        says: "One in twenty reads of /v1/tracks/:id takes more than 2.35s",
      },
    ],
    silent: { "downloads take as long": { collected: slow("/v1/tracks/:id/assets/:kind"), at: "60m" } },
  },
  SegueAuditNotKept: {
    fires: [
      {
        collected: audit("0x5 3+2x40", "0x60"),
        at: "20m",
        labels: {},
        says: "11 entries of the audit are not in the database",
      },
      {
        collected: audit("0x60", "0x20 40x40"),
        at: "25m",
        labels: {},
        says: "40 entries of the audit are not in the database",
      },
    ],
    silent: {
      "what came a moment ago, now and then": { collected: audit("0 2 0 1 0 0 5 0x30", "0x60"), at: "30m" },
    },
  },
};
