import { closeCases } from "./close-cases.ts";
import { Api, type ConformanceCase } from "./conformance-case.ts";
import { filterCases } from "./filter-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { orderingCases } from "./ordering-cases.ts";
import { publishCases } from "./publish-cases.ts";
import { redeliveryCases } from "./redelivery-cases.ts";
import { snapshotCases } from "./snapshot-cases.ts";
import { streamCases } from "./stream-cases.ts";
import { subscriptionCases } from "./subscription-cases.ts";
import { topicCases } from "./topic-cases.ts";

/** The suite: what Pub/Sub's documentation promises, case by case. */
export const cases: ConformanceCase[] = [
  ...topicCases,
  ...subscriptionCases,
  ...publishCases,
  ...leaseCases,
  ...streamCases,
  ...redeliveryCases,
  ...orderingCases,
  ...filterCases,
  ...closeCases,
  ...snapshotCases,
];

/** Runs a case with a client of its own on the server at `port`. */
export async function runCase(one: ConformanceCase, port: number): Promise<void> {
  await using api = new Api(port);
  await one.run(api);
}
