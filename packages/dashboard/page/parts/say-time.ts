const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "narrow" });

const dayMs = 86_400_000;

/** As short as it is told apart: how long ago of the last hour, the time of the last day, then the date. */
export function sayWhen(instant: string, nowMs: number): string {
  const at = Date.parse(instant);
  const agoMs = nowMs - at;
  if (agoMs < 5_000) return "now";
  if (agoMs < 60_000) return relative.format(-Math.round(agoMs / 1_000), "second");
  if (agoMs < 3_600_000) return relative.format(-Math.round(agoMs / 60_000), "minute");
  return agoMs < dayMs ? clock.format(at) : day.format(at);
}

export function sayInstant(instant: string): string {
  return whole.format(Date.parse(instant));
}
