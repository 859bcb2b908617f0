import type { Report } from "./breach.ts";

/** In a world where nothing goes wrong no piece of work is done twice: hears of each as it is begun. */
export function watchWork(report: Report): (what: string) => void {
  const begun = new Set<string>();
  return (what) => {
    if (begun.has(what)) report("work is done once", `${what} is done again, and nothing has gone wrong`);
    begun.add(what);
  };
}
