// A proxy between one service and the cloud, which notes what the service asks of queue and storage, as a platform's grants name it.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import {
  connect,
  constants,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";

/** `pubsub.topics.publish segue.pcm`, `storage.objects.get bucket name`. */
export type Call = readonly [permission: string, resource: string, object?: string];

export interface Recorder extends AsyncDisposable {
  readonly calls: readonly Call[];
  /** What the service is to be told. */
  readonly env: Readonly<Record<"PUBSUB_EMULATOR_HOST" | "SEGUE_GCS_ENDPOINT", string>>;
}

type Cloud = Recorder["env"];

export async function recordCalls(cloud: Cloud): Promise<Recorder> {
  const calls: Call[] = [];
  const note = (call: Call) => void calls.push(call);
  const storage = createServer((from, to) => passOn(cloud.SEGUE_GCS_ENDPOINT, from, to, note));
  const queue = createQueueProxy(`http://${cloud.PUBSUB_EMULATOR_HOST}`, note);
  const [storagePort, queuePort] = await Promise.all([listen(storage), listen(queue.server)]);
  return {
    calls,
    env: {
      PUBSUB_EMULATOR_HOST: `127.0.0.1:${queuePort}`,
      SEGUE_GCS_ENDPOINT: `http://127.0.0.1:${storagePort}`,
    },
    async [Symbol.asyncDispose]() {
      queue.close();
      storage.close();
      storage.closeAllConnections();
    },
  };
}

async function listen(server: ReturnType<typeof createServer> | Http2Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function passOn(
  endpoint: string,
  from: IncomingMessage,
  to: ServerResponse,
  note: (call: Call) => void,
): void {
  for (const call of readStorageCalls(from)) note(call);
  const { method, headers, url = "/" } = from;
  const onward = request(new URL(url, endpoint), { method, headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
    answer.on("error", () => to.destroy());
  });
  onward.on("error", () => to.destroy());
  to.on("close", () => onward.destroy());
  from.pipe(onward);
}

/** What a request to the JSON API is allowed by. @throws {Error} for one that is none that services make. */
function readStorageCalls({ method = "GET", url = "/" }: IncomingMessage): readonly Call[] {
  const { pathname, searchParams } = new URL(url, "http://storage");
  // The bytes of an upload that has begun.
  if (searchParams.has("upload_id")) return [];
  const parts = pathname
    .replace(/^\/(?:resumable\/)?(?:upload\/|download\/)?storage\/v1\//, "")
    .split("/")
    .map(decodeURIComponent);
  const [b, bucket = "", o, name = searchParams.get("name") ?? "", verb, ...rest] = parts;
  const write = (to: string, object: string): Call[] => {
    const isNew = searchParams.get("ifGenerationMatch") === "0";
    const create: Call = ["storage.objects.create", to, object];
    return isNew ? [create] : [create, ["storage.objects.delete", to, object]];
  };
  if (b === "b" && o === "o") {
    if (verb === "compose") return write(bucket, name);
    if (verb === "rewriteTo" || verb === "copyTo") {
      const [, toBucket = "", , ...toName] = rest;
      return [["storage.objects.get", bucket, name], ...write(toBucket, toName.join("/"))];
    }
    if (verb === undefined && parts.length === 3 && method === "GET")
      return [["storage.objects.list", bucket]];
    if (verb === undefined && method === "GET") return [["storage.objects.get", bucket, name]];
    if (verb === undefined && method === "DELETE") return [["storage.objects.delete", bucket, name]];
    if (verb === undefined && method === "POST") return write(bucket, name);
  }
  throw new Error(`expected a call that services make, got ${method} ${url}`);
}

/** What needs a grant of its own: settling is part of consuming, and the readiness of a service bears a refusal. */
const queuePermissions: Readonly<Record<string, string>> = {
  "/google.pubsub.v1.Publisher/Publish": "pubsub.topics.publish",
  "/google.pubsub.v1.Subscriber/StreamingPull": "pubsub.subscriptions.consume",
  "/google.pubsub.v1.Subscriber/Acknowledge": "pubsub.subscriptions.consume",
  "/google.pubsub.v1.Subscriber/ModifyAckDeadline": "pubsub.subscriptions.consume",
  "/google.pubsub.v1.Subscriber/CreateSubscription": "pubsub.subscriptions.create",
  "/google.pubsub.v1.Subscriber/DeleteSubscription": "pubsub.subscriptions.delete",
};

function createQueueProxy(upstream: string, note: (call: Call) => void) {
  const server = createHttp2Server();
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => {
    const onward = connect(upstream);
    onward.on("error", () => session.destroy());
    session.on("error", () => onward.destroy());
    session.on("close", () => onward.destroy());
    onward.on("close", () => session.destroy());
    sessions.add(onward).add(session);
    session.on("stream", (stream: ServerHttp2Stream, headers) => {
      const permission = queuePermissions[String(headers[":path"])];
      if (permission !== undefined)
        readFirstField(stream, (resource) => {
          if (resource !== "") note([permission, nameOf(resource)]);
        });
      const call = onward.request(headers);
      stream.pipe(call);
      let trailers = {};
      call.on("trailers", (sent) => {
        trailers = sent;
      });
      call.on("response", (answer, flags) => {
        const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
        if (stream.destroyed) return;
        stream.respond(answer, { endStream, waitForTrailers: !endStream });
        if (!endStream) call.pipe(stream);
      });
      stream.on("wantTrailers", () => stream.sendTrailers(trailers));
      stream.on("aborted", () => call.close(constants.NGHTTP2_CANCEL));
      call.on("error", () => stream.destroy());
      stream.on("error", () => call.destroy());
    });
  });
  return {
    server,
    close() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** Each process has a listening subscription of its own. */
function nameOf(resource: string): string {
  return (resource.split("/").at(-1) ?? "").replace(/-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "-*");
}

/** The first field of each message of a gRPC stream: a topic's or a subscription's name; empty where it is another field. */
function readFirstField(stream: ServerHttp2Stream, found: (text: string) => void): void {
  let held = Buffer.alloc(0);
  const headBytes = 5;
  stream.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= headBytes) {
      const size = held.readUInt32BE(1);
      if (held.length < headBytes + size) return;
      found(readName(held.subarray(headBytes, headBytes + size)));
      held = held.subarray(headBytes + size);
    }
  });
}

/** Field 1, a string of less than 128 bytes, at the beginning of a message. */
function readName(message: Buffer): string {
  const [tag, length = 0] = message;
  return tag === 0x0a && length < 128 ? message.toString("utf8", 2, 2 + length) : "";
}
