import { type FleetBill, type FleetItem, fleetItems, type HourPrices, listPrices } from "@segue/plan/prices";
import { formatColumns } from "../format-columns.ts";

/** Dollars per million tracks, by item; items that there are none of are left out. */
export function renderBill({ items, total, keptPerMonth }: FleetBill, { vcpu, gpu }: HourPrices): string {
  const dollars = (amount: number) => amount.toFixed(2);
  const at: Partial<Record<FleetItem, string>> = {
    cpu: `, at ${vcpu} per vCPU and hour`,
    gpu: `, at ${gpu} per GPU and hour`,
  };
  const rows = fleetItems.flatMap(([item, words]) =>
    items[item] === 0 ? [] : [[`${words}${at[item] ?? ""}`, dollars(items[item])]],
  );
  return [
    formatColumns([["dollars per million tracks", ""], ...rows, ["all in", dollars(total)]], { right: [1] }),
    "",
    `and ${dollars(keptPerMonth)} a month for what is kept of them. By lists of ${listPrices.asOf} and before, in ${listPrices.region} (docs/cost.md)`,
  ].join("\n");
}
