import { createChain, planRequest, tasksTopic } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, Master, Task } from "@segue/contracts";
import * as queue from "@segue/queue";
import { extractTrace } from "@segue/telemetry";
import { expect, test } from "vitest";
import { z } from "zod";
import { createPublisher } from "./publisher.ts";

const kind = (name: string) =>
  defineKind({ name, retention: "derivative", payload: null, facts: z.unknown() });
const chain = createChain([stepSpec("to-a", [Master], kind("a")), stepSpec("to-b", [Master], kind("b"))]);
const id = "01900000-0000-7000-8000-000000000001";
const wants = ["to-a", "to-b"];
const request = planRequest(chain, { requestId: id, trackId: id, master: "0".repeat(64), wants });

/** Pings through a queue that has only these topics. */
async function ping(topics: readonly string[]): Promise<string[]> {
  const asked: string[] = [];
  const publisher = queue.createPublisher(async (topic, { data }) => {
    if (!topics.includes(topic)) throw new Error(`no topic ${topic}`);
    asked.push(Task.parse(JSON.parse(data.toString())).step);
  }, chain);
  await createPublisher(publisher).ping(request, extractTrace({}));
  return asked;
}

test("a ping reaches all services that there are; where there is none, it fails", async () => {
  expect(await ping(wants.map(tasksTopic))).toEqual(wants);
  expect(await ping([tasksTopic("to-b")])).toEqual(["to-b"]);
  await expect(ping([])).rejects.toMatchObject({ problem: "unavailable" });
});
