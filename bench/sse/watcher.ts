// Clients of server-sent events, in a process of their own: what they cost is nobody's but theirs. They read, and count.
import { get, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { WatchAnswer, WatchRequest } from "./watcher-messages.ts";

interface Stream {
  changes: number;
}

const [, , apiUrl = ""] = process.argv;
const ofAll: Stream[] = [];
const ofTracks: Stream[] = [];
/** How a change begins, and nothing else: a track as it is has no cursor. */
const changeMark = '\ndata: {"cursor"';
/** Opened at once. */
const atOnce = 25;
/** Nobody is there any more to whom it could be said, where it can't be. */
const say = (answer: WatchAnswer) => process.send?.(answer, () => {});
const fail = (message: string) => say({ type: "failed", message });

/** While the API is busy a stream is asked for again, as its clients do. */
const tries = 30;

async function open(path: string, among: Stream[]): Promise<void> {
  const stream: Stream = { changes: 0 };
  among.push(stream);
  for (let n = 1; ; n++) {
    const status = await begin(path, stream);
    if (status === 200) return;
    if (n === tries || (status !== 503 && status !== 429)) throw new Error(`${path} was answered ${status}`);
    await delay(1_000);
  }
}

/** Resolves when something has come, or with what was answered in place of a stream. */
function begin(path: string, stream: Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(new URL(path, apiUrl), { agent: false }, (answer: IncomingMessage) => {
      const { statusCode: status = 0 } = answer;
      if (status !== 200) {
        answer.resume();
        return resolve(status);
      }
      answer.setEncoding("latin1");
      let tail = "";
      answer.on("data", (text: string) => {
        resolve(status);
        const all = tail + text;
        stream.changes += all.split(changeMark).length - 1;
        // Its beginning may come in two pieces.
        const last = all.lastIndexOf("\n");
        tail = last >= 0 && all.length - last < changeMark.length ? all.slice(last) : "";
      });
      answer.on("close", () => fail(`the stream ${path} has ended`));
    });
    request.on("error", reject);
  });
}

async function openAll({ count, trackIds }: Extract<WatchRequest, { type: "open" }>): Promise<void> {
  for (let from = 0; from < count; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, n) => {
      const id = trackIds?.[(from + n) % trackIds.length];
      return id === undefined ? open("/v1/changes/events", ofAll) : open(`/v1/tracks/${id}/events`, ofTracks);
    });
    await Promise.all(some);
  }
}

process.on("message", (asked: WatchRequest) => {
  if (asked.type === "open")
    openAll(asked).then(
      () => say({ type: "opened" }),
      (error: unknown) => fail(String(error)),
    );
  else {
    const changesOf = (streams: readonly Stream[]) => streams.map(({ changes }) => changes);
    say({ type: "counted", ofAll: changesOf(ofAll), ofTracks: changesOf(ofTracks) });
  }
});
process.on("disconnect", () => process.exit());
