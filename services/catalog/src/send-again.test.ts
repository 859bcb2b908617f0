import { deadLetterTopic, describeFetchRequest, planRequest } from "@segue/chain";
import type { Fetch, Task } from "@segue/contracts";
import type { NewTask } from "@segue/queue";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { chain, names, trackId } from "./fixtures/chain.ts";
import { createSendAgain } from "./send-again.ts";

/** Hands the catalog a task that the queue has given up on; tells what was sent. */
async function giveUp(step: string, service: string, message?: Fetch) {
  const sent: unknown[] = [];
  const sendAgain = createSendAgain({
    ...{ chain, names, log: createTelemetry({ service: "catalog", level: "silent" }).log },
    publisher: {
      task: async (task: NewTask, again) => void sent.push({ task, again }),
      fetch: async (task, again) => void sent.push({ task, again }),
    },
    watches: { addEvent: async () => {} },
    events: { messageReturned() {} },
  });
  const id = trackId(1);
  const request = planRequest(chain, { requestId: id, trackId: id, master: "0".repeat(64), wants: [step] });
  const task: Task = { v: 1, type: "Rebuild", step, request, waiting: ["tempo"], hops: 3 };
  const settled = new Promise<string>((resolve) => {
    const isTaken = sendAgain({
      ...{
        id: "1",
        topic: deadLetterTopic,
        subscription: "dead-letters.catalog",
        data: Buffer.from(JSON.stringify(message ?? task)),
        publishedAt: new Date(),
      },
      attributes: {
        story: "of before",
        CloudPubSubDeadLetterSourceSubscription: names.taskSubscription(service, "live"),
      },
      ack: () => resolve("ack"),
      nack: () => resolve("nack"),
    });
    if (!isTaken) resolve("not taken");
  });
  return { settled: await settled, sent, task };
}

test("a task goes to where its step is now, with its story and those that wait, though its service is gone", async () => {
  for (const service of [chain.serviceOf("downsample"), "gone"]) {
    const { settled, sent, task } = await giveUp("downsample", service);
    expect({ service, settled }).toEqual({ service, settled: "ack" });
    expect(sent).toEqual([{ task, again: { story: "of before", returned: 1 } }]);
  }
});

test("one for a step that is nobody's is not sent again", async () => {
  expect(await giveUp("unheard-of", "gone")).toMatchObject({ settled: "not taken", sent: [] });
});

test("a fetch that the queue gave up on is sent again, as it was, with its story", async () => {
  const id = trackId(2);
  const asked = { requestId: id, trackId: id, wants: ["tempo"], requestedAt: "2026-01-01T00:00:00.000Z" };
  const request = describeFetchRequest({ ...asked, cause: "submission" });
  const fetch: Fetch = { v: 1, type: "Fetch", source: "gs://library/a", request };
  const { settled, sent } = await giveUp("tempo", "fetch", fetch);
  expect(settled).toBe("ack");
  expect(sent).toEqual([{ task: fetch, again: { story: "of before", returned: 1 } }]);
});
