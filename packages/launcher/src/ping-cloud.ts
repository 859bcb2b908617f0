import { once } from "node:events";
import { connect } from "node:http2";
import { Client } from "pg";

/** Asks a part of the local cloud something small, over its own protocol. Rejects where no answer comes, or the signal is aborted. */
export type Ping = (signal: AbortSignal) => Promise<void>;

/**
 * By part: each is asked what it has to look up, so that one whose inside hangs does not answer; storage for a bucket that is not there, which
 * no bill would show.
 */
export const cloudPings: Readonly<Record<"pubsub" | "gcs" | "postgres", (address: string) => Ping>> = {
  gcs: (endpoint) => async (signal) => {
    const answer = await fetch(`${endpoint}/storage/v1/b/ping`, { signal });
    await answer.arrayBuffer();
  },
  pubsub: (address) => (signal) => pingGrpc(address, "/google.pubsub.v1.Publisher/ListTopics", signal),
  postgres: (url) => async (signal) => {
    const client = new Client({ connectionString: url });
    client.on("error", () => {});
    const end = () => client.connection.stream.destroy();
    signal.addEventListener("abort", end, { once: true });
    try {
      await client.connect();
      await client.query("SELECT 1");
      await client.end();
    } finally {
      signal.removeEventListener("abort", end);
      end();
    }
  },
};

/** A call with an empty request. Any status is an answer. */
async function pingGrpc(address: string, path: string, signal: AbortSignal): Promise<void> {
  const session = connect(`http://${address}`);
  const failed = once(session, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  try {
    const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    const call = session.request(headers, { signal });
    call.on("error", () => {});
    call.end(Buffer.alloc(5));
    call.resume();
    await Promise.race([once(call, "response", { signal }), failed]);
  } finally {
    session.destroy();
  }
}
