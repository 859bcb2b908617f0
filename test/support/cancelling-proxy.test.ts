import { once } from "node:events";
import { connect, createServer, type ServerHttp2Stream } from "node:http2";
import { connect as openSocket } from "node:net";
import { expect, it } from "vitest";
import { startCancellingProxy } from "./cancelling-proxy.ts";

it("ends the streams that a client leaves open when its connection breaks, and only those", async () => {
  const server = createServer();
  const ended: string[] = [];
  const came = new Map<string, ServerHttp2Stream>();
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    came.set(path, stream);
    stream.on("error", () => {});
    stream.resume().once("end", () => ended.push(path));
    stream.respond();
    if (path === "/answered") stream.end("answer");
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a TCP port");
  await using proxy = await startCancellingProxy({ host: "localhost", port: address.port });

  const socket = openSocket(proxy.port, "localhost");
  const client = connect(`http://localhost:${proxy.port}`, { createConnection: () => socket });
  client.on("error", () => {});
  const answered = client.request({ ":path": "/answered" });
  answered.setEncoding("utf8");
  expect(await answered.toArray()).toEqual(["answer"]);
  const open = ["/open/1", "/open/2"].map((path) => client.request({ ":path": path, ":method": "POST" }));
  for (const stream of open) {
    stream.on("error", () => {});
    stream.write("still sending");
  }
  await expect.poll(() => [...came.keys()]).toEqual(["/answered", "/open/1", "/open/2"]);
  expect(ended).toEqual(["/answered"]);

  // As when the process is killed: no frame says that the streams are over.
  socket.destroy();
  await expect.poll(() => ended).toEqual(["/answered", "/open/1", "/open/2"]);
  client.destroy();
  server.close();
});
