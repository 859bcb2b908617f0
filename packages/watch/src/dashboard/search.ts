import { ofCatalog } from "../measured.ts";
import { rate, told } from "../promql.ts";
import { type Row, window } from "./panel.ts";

export const search: Row = {
  title: "Search",
  panels: [
    {
      title: "Tracks taken as they are now",
      unit: "ops",
      queries: [{ expr: rate(ofCatalog.searchRows, window), legend: "tracks" }],
    },
    {
      title: "Behind what has happened",
      unit: "s",
      help: "Of catalogs that work by turns the furthest behind. While all tracks are gone through it is no measure: see the catalog's log.",
      queries: [{ expr: told(ofCatalog.searchBehind, []), legend: "behind" }],
    },
  ],
};
