import type { Case } from "./case.ts";

const deliveries = (perMinute: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(perMinute).map(([ending, count]) => [
      `segue_deliveries_total{service_name="bpm-key",pod="a",step="key",ending="${ending}"}`,
      `0+${count}x90`,
    ]),
  );
const durations = (ending: string) => {
  const bucket = (le: string, values: string) => [
    `segue_delivery_duration_seconds_bucket{service_name="bpm-key",step="key",ending="${ending}",le="${le}"}`,
    values,
  ];
  return Object.fromEntries([bucket("9", "0+90x90"), bucket("10", "0+100x90"), bucket("+Inf", "0+100x90")]);
};
const outcomes = (succeeded: number, failed: number) => ({
  'segue_projected_outcomes_total{service_name="catalog",step="key",status="succeeded",how="computed"}': `0+${succeeded}x90`,
  'segue_projected_outcomes_total{service_name="catalog",step="key",status="failed",how="none"}': `0+${failed}x90`,
});
const fetches = (fetched: number, putOff: number) => ({
  'segue_fetches_total{service_name="fetch",ending="fetched"}': `0+${fetched}x90`,
  'segue_fetches_total{service_name="fetch",ending="put-off"}': `0+${putOff}x90`,
});
const labels = { step: "key" };

export const attemptCases: Readonly<Record<string, Case>> = {
  SegueAttemptsNearBudget: {
    fires: [
      {
        collected: durations("computed"),
        at: "50m",
        labels,
        says: "One in twenty attempts of key takes 9.5 s of its 10, or more",
      },
    ],
    silent: {
      "long input is handed on when its time is up": { collected: durations("handed-on"), at: "80m" },
    },
  },
  SegueAttemptsPutOff: {
    fires: [
      {
        collected: deliveries({ computed: 8, "put-off": 2, "not-wanted": 90 }),
        at: "50m",
        labels,
        says: "20% of the attempts of key are put off",
      },
    ],
    silent: { "one in twenty": { collected: deliveries({ computed: 19, "put-off": 1 }), at: "80m" } },
  },
  SegueAttemptsRetried: {
    fires: [
      {
        collected: deliveries({ computed: 8, retried: 2 }),
        at: "50m",
        labels,
        says: "20% of the attempts of key fail and are made again",
      },
    ],
    silent: { "one in twenty": { collected: deliveries({ computed: 19, retried: 1 }), at: "80m" } },
  },
  SegueAttemptsHandedBack: {
    fires: [
      {
        collected: deliveries({ computed: 4, "handed-back": 6 }),
        at: "50m",
        labels,
        says: "60% of the deliveries of key go back to the queue",
      },
    ],
    silent: { "workers that drain": { collected: deliveries({ computed: 6, "handed-back": 4 }), at: "80m" } },
  },
  SegueStepFails: {
    fires: [{ collected: outcomes(7, 3), at: "50m", labels, says: "key fails for 30% of its tracks" }],
    silent: { "a bad file in ten": { collected: outcomes(9, 1), at: "80m" } },
  },
  SegueSourcesAway: {
    fires: [
      {
        collected: fetches(4, 6),
        at: "50m",
        labels: {},
        says: "60% of fetches are put off: their sources do not answer",
      },
    ],
    silent: { "four in ten": { collected: fetches(6, 4), at: "80m" } },
  },
};
