import compress from "@fastify/compress";
import type { onSendAsyncHookHandler } from "fastify";
import type { Api } from "./api-context.ts";
import { varyBy } from "./vary-by.ts";

/** Text, whatever it stands for. Audio is compressed as it is. */
const compressible = /^text\/|[/+]json\b|[/+]xml\b/i;

export function isCompressible(contentType: string): boolean {
  return compressible.test(contentType);
}

/**
 * Answers that are text are compressed, of 1 KiB and more, as the client asks. Caches are told so of the others, too: one that keeps
 * the plain form must not hand it to everybody.
 */
export async function compressAnswers(app: Api): Promise<void> {
  app.addHook("onSend", async (request, reply, payload) => {
    if (isCompressible(String(reply.getHeader("content-type") ?? ""))) varyBy(reply, "accept-encoding");
    // Types that the library holds for compressible beside ours are those of files, `application/octet-stream` among them: one in two forms under one strong tag is
    // put together wrongly by whoever goes on with a range where it broke off.
    else request.headers["x-no-compression"] = "";
    return payload;
  });
  app.addHook("onRoute", (route) => {
    if (route.method === "HEAD") route.onSend = [route.onSend ?? [], forgetLength].flat();
  });
  await app.register(compress, {
    encodings: ["br", "gzip"],
    customTypes: compressible,
    // Bodies of requests are not its concern.
    globalDecompression: false,
  });
}

/** What HEAD says of the length is that of the plain form, which GET may not send. */
const forgetLength: onSendAsyncHookHandler = async (_request, reply, payload) => {
  if (isCompressible(String(reply.getHeader("content-type") ?? ""))) reply.removeHeader("content-length");
  return payload;
};
