import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ServerHttp2Session } from "node:http2";

/** HTTP/2's default window is 64 KiB: less than one publish of 100 messages, so each would wait for a round trip. */
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
const STREAM_WINDOW_BYTES = 256 * 1024;

const CHANNEL = "http2.server.stream.created";

/**
 * Widens the receive window of every connection to these ports of this process; returns how to stop that. grpc-js has no option for it
 * on the server side and keeps its sessions to itself, so they are met through Node's diagnostics channel.
 */
export function widenReceiveWindows(ports: ReadonlySet<number>): () => void {
  const widened = new WeakSet<object>();
  const onStream = (message: unknown) => {
    const session = sessionOf(message);
    if (!session || widened.has(session) || !ports.has(session.socket.localPort ?? 0)) return;
    widened.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.settings({ initialWindowSize: STREAM_WINDOW_BYTES });
  };
  subscribe(CHANNEL, onStream);
  return () => {
    unsubscribe(CHANNEL, onStream);
  };
}

/** The session of the stream that the channel's message carries. */
function sessionOf(message: unknown): ServerHttp2Session | null {
  if (typeof message !== "object" || message === null || !("stream" in message)) return null;
  const { stream } = message;
  if (typeof stream !== "object" || stream === null || !("session" in stream)) return null;
  return isServerSession(stream.session) ? stream.session : null;
}

function isServerSession(session: unknown): session is ServerHttp2Session {
  return (
    typeof session === "object" && session !== null && "setLocalWindowSize" in session && "socket" in session
  );
}
