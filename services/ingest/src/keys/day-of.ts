/** The day of an instant, in UTC: `2025-01-31`. */
export function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}
