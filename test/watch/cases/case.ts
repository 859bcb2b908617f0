import type { Trial } from "../promtool.ts";

export type Seen = Pick<Trial, "collected" | "at">;

/** What an alert has to say something of, and what it has to be silent about. */
export interface Case {
  readonly fires: readonly (Seen & Trial["fires"][number])[];
  /** By what it is that is no reason. */
  readonly silent: Readonly<Record<string, Seen>>;
}

/** Processes that run all the time, by service. */
export const running = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([service, count]) =>
      Array.from({ length: count }, (_, index) => [
        `process_start_time_seconds{service_name="${service}",pod="${service}-${index}"}`,
        "1000x120",
      ]),
    ),
  );

/** As `values` of a series, a pause in which nobody collected: so many minutes before it, of it, and after it. */
export const paused = (before: number, pause: number, after: number) => (value: string, then: string) =>
  `${value}x${before} _x${pause} ${then}x${after}`;
/** A process that was there all the while. */
export const unseenProcess = (
  pod: string,
  service: string,
  pause: (value: string, then: string) => string,
) => ({
  [`process_start_time_seconds{service_name="${service}",pod="${pod}"}`]: pause("0", "0"),
});
