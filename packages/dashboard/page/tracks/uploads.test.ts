import { expect, test } from "vitest";
import { ApiProblem } from "../api/api-problem.ts";
import { createUploads, type UploadOptions } from "./uploads.ts";

const files = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    file: new File(["abc"], `${index}.wav`),
    path: `${index}.wav`,
  }));

/** An API that takes files when the test says so. */
function scripted(answers: (name: string, attempt: number) => Promise<string>) {
  const sent: { name: string; key: string }[] = [];
  const slept: number[] = [];
  let keys = 0;
  const send: UploadOptions["send"] = (file, { key, onProgress }) => {
    onProgress(1);
    sent.push({ name: file.name, key });
    return answers(file.name, sent.filter(({ name }) => name === file.name).length);
  };
  const uploads = createUploads({
    send,
    sleep: async (ms) => void slept.push(ms),
    newKey: () => `key ${++keys}`,
  });
  const states = () => uploads.list().map(({ state }) => state);
  return { uploads, sent, slept, states };
}

test("three are on their way at once, and the others follow", async () => {
  const waiting: ((id: string) => void)[] = [];
  const { uploads, sent, states } = scripted(() => new Promise((resolve) => waiting.push(resolve)));
  uploads.add(files(5));
  expect(states()).toEqual(["sending", "sending", "sending", "waiting", "waiting"]);
  waiting[1]?.("track");
  await expect.poll(states).toEqual(["sending", "accepted", "sending", "sending", "waiting"]);
  expect(sent).toHaveLength(4);
  expect(uploads.list()[1]).toMatchObject({ trackId: "track", sentBytes: 3 });
});

test("what may pass is tried again under the same key, after as long as the API says", async () => {
  const busy = new ApiProblem(429, "too-many-uploads", "later", 7_000);
  const { uploads, sent, slept, states } = scripted(async (_name, attempt) => {
    if (attempt === 1) throw busy;
    return "track";
  });
  uploads.add(files(1));
  await expect.poll(states).toEqual(["accepted"]);
  expect(slept).toEqual([7_000]);
  expect(sent.map(({ key }) => key)).toEqual(["key 1", "key 1"]);
});

test("what is refused stays refused, with the reason, until somebody tries again", async () => {
  let isTaken = false;
  const { uploads, sent, states } = scripted(async () => {
    if (isTaken) return "track";
    throw new ApiProblem(413, "too-large", "expected less");
  });
  uploads.add([...files(1), { file: null, path: "gone.wav" }]);
  await expect.poll(states).toEqual(["refused", "refused"]);
  expect(uploads.list().map(({ note }) => note)).toEqual([
    "too-large: expected less",
    "The browser can't read it.",
  ]);
  expect(sent).toHaveLength(1);
  isTaken = true;
  uploads.retry();
  await expect.poll(states).toEqual(["accepted", "refused"]);
  uploads.clear();
  expect(uploads.list()).toEqual([]);
});

test("an API that stays away is given up", async () => {
  const { uploads, slept, states } = scripted(async () => {
    throw new ApiProblem(0, "no-answer", "away");
  });
  uploads.add(files(1));
  await expect.poll(states).toEqual(["refused"]);
  expect(slept).toEqual([2_000, 4_000, 6_000, 8_000, 10_000]);
});
