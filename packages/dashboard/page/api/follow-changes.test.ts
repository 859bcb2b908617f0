import { expect, test } from "vitest";
import { change } from "../fixtures/summaries.ts";
import { ApiProblem } from "./api-problem.ts";
import { type Followed, followChanges } from "./follow-changes.ts";

const eventOf = (id: string) => `id: ${id}\ndata: ${JSON.stringify(change({ cursor: id }))}\n\n`;

/** A stream that sends pieces, then ends. */
function streamOf(...pieces: string[]): Response {
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(encoder.encode(piece));
        controller.close();
      },
    }),
  );
}

/** Follows an API that answers so, until it is asked once more than that. */
async function follow(...answers: (Response | Error)[]) {
  const asked: (string | undefined)[] = [];
  const slept: number[] = [];
  const ending = new AbortController();
  const open = async (_path: string, init?: RequestInit) => {
    const answer = answers.shift();
    if (answer === undefined) {
      ending.abort();
      throw new Error("over");
    }
    asked.push(new Headers(init?.headers).get("last-event-id") ?? undefined);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const seen: string[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  const say = (followed: Followed) => (followed.type === "change" ? followed.change.cursor : followed.type);
  for await (const followed of followChanges({ open }, { signal: ending.signal, sleep }))
    seen.push(say(followed));
  return { asked, slept, seen };
}

test("events come whole however they were cut, and comments and places are none", async () => {
  const text = `retry: 2000\nid: p0\n\n:\n\n${eventOf("a")}${eventOf("b")}`;
  const cut = [...text].map((letter) => letter);
  expect((await follow(streamOf(...cut))).seen).toEqual(["open", "a", "b"]);
});

test("after each end it goes on where it was, also where only a place was told", async () => {
  const { asked, seen } = await follow(streamOf("id: p0\n\n"), streamOf(eventOf("a")), streamOf());
  expect(asked).toEqual([undefined, "p0", "a"]);
  expect(seen).toEqual(["open", "open", "a", "open"]);
});

test("while the API is away it is asked less and less often, and again soon once it is back", async () => {
  const away = () => new ApiProblem(0, "no-answer", "away");
  const { slept, seen } = await follow(away(), away(), away(), away(), away(), streamOf(), away());
  expect(seen).toEqual(["away", "away", "away", "away", "away", "open", "away"]);
  expect(slept).toEqual([2_000, 4_000, 8_000, 15_000, 15_000, 1_000, 2_000]);
});

test("what is not kept any more is a gap, and it goes on from now", async () => {
  const expired = new ApiProblem(410, "cursor-expired", "too old");
  const { asked, seen } = await follow(streamOf(eventOf("a")), expired, streamOf());
  expect(asked).toEqual([undefined, "a", undefined]);
  expect(seen).toEqual(["open", "a", "gap", "open"]);
});

test("a key that is not taken ends it", async () => {
  await expect(follow(new ApiProblem(401, "key-refused", "no"))).rejects.toThrow(ApiProblem);
});
