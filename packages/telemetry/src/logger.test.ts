import { spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";

const Line = z.object({
  severity: z.string(),
  time: z.iso.datetime(),
  service: z.string(),
  message: z.string(),
  error: z.object({ message: z.string(), stack: z.string(), cause: z.object({ message: z.string() }) }),
});

test("lines go to standard error as JSON, errors with their causes, even right before an exit", () => {
  const url = JSON.stringify(new URL("./logger.ts", import.meta.url).href);
  const program = `
    const { createLogger } = await import(${url});
    const log = createLogger({ service: "decode", level: "info" });
    log.debug("not this");
    log.error({ message: "own", service: 1, error: new Error("step failed", { cause: new Error("disk is full") }) }, "gave up");
    process.exit(3);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  expect({ stdout, status }).toEqual({ stdout: "", status: 3 });
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.match(/"(message|service)":/g)).toHaveLength(4);
  expect(lines[0]).toContain('"message_":"own","service_":1');
  const line = Line.parse(JSON.parse(lines[0] ?? ""));
  expect(line).toMatchObject({
    severity: "ERROR",
    service: "decode",
    message: "gave up",
    error: { message: "step failed", cause: { message: "disk is full" } },
  });
});

test.skipIf(!existsSync("/dev/full"))("a disk that has no room for lines keeps nobody from going on", () => {
  const url = JSON.stringify(new URL("./logger.ts", import.meta.url).href);
  const program = `
    const { createLogger } = await import(${url});
    const log = createLogger({ service: "decode", level: "info" });
    const line = { filler: "x".repeat(10_000) };
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 20_000; count++) log.error(line, "no room");
    console.log(Math.round((process.memoryUsage().rss - before) / 2 ** 20));`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", openSync("/dev/full", "w")],
    encoding: "utf8",
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  expect(status).toBe(0);
  // Of 200 MB of lines.
  expect(Number(stdout)).toBeLessThan(100);
});

test("a line that is logged in a span says of which trace, where there is a project", () => {
  const at = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    const { context, trace, TraceFlags } = await import("@opentelemetry/api");
    const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
    const { createLogger } = await import(${at("./logger.ts")});
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: TraceFlags.SAMPLED };
    const own = { service: "decode", level: "info" };
    const logs = [createLogger({ ...own, projectId: "music" }), createLogger(own)];
    context.with(trace.setSpanContext(context.active(), span), () => logs.forEach((log) => log.info("within")));
    logs[0].warn("outside");`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    cwd: new URL(".", import.meta.url),
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const head = (severity: string) => ({ severity, service: "decode", time: expect.any(String) });
  expect(lines).toEqual([
    {
      ...head("INFO"),
      message: "within",
      "logging.googleapis.com/trace": "projects/music/traces/0af7651916cd43dd8448eb211c80319c",
      "logging.googleapis.com/spanId": "b7ad6b7169203331",
      "logging.googleapis.com/trace_sampled": true,
    },
    { ...head("INFO"), message: "within" },
    { ...head("WARNING"), message: "outside" },
  ]);
});
