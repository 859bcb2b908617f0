// Clients of server-sent events, in a process of their own: what they cost is nobody's but theirs. They read, and count.
import { get, type IncomingMessage } from "node:http";
import { setPriority } from "node:os";
import type { WatchAnswer, WatchRequest } from "./watcher-messages.ts";

interface Stream {
  changes: number;
}

const [, , apiUrl = ""] = process.argv;
const ofAll: Stream[] = [];
const ofTracks: Stream[] = [];
/** Opened at once. */
const atOnce = 25;
const say = (answer: WatchAnswer) => process.send?.(answer);
const fail = (message: string) => say({ type: "failed", message });

/** Resolves when something has come. */
function open(path: string, among: Stream[]): Promise<void> {
  const stream: Stream = { changes: 0 };
  among.push(stream);
  return new Promise((resolve, reject) => {
    const request = get(new URL(path, apiUrl), { agent: false }, (answer: IncomingMessage) => {
      if (answer.statusCode !== 200) return reject(new Error(`${path} was answered ${answer.statusCode}`));
      answer.setEncoding("latin1");
      let tail = "";
      answer.on("data", (text: string) => {
        resolve();
        // Each has a line of its own; its beginning may come in two pieces. That of a track as it is has an event's name before it.
        const all = tail + text;
        stream.changes += all.split('\ndata: {"cursor"').length - 1;
        tail = all.slice(all.lastIndexOf("\n")).slice(0, '\ndata: {"cursor"'.length - 1);
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

setPriority(19);
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
