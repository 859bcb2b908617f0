import { spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";

const Line = z.object({
  level: z.string(),
  time: z.iso.datetime(),
  service: z.string(),
  msg: z.string(),
  error: z.object({ message: z.string(), stack: z.string(), cause: z.object({ message: z.string() }) }),
});

test("lines go to standard error as JSON, errors with their causes, even right before an exit", () => {
  const url = JSON.stringify(new URL("./logger.ts", import.meta.url).href);
  const program = `
    const { createLogger } = await import(${url});
    const log = createLogger({ service: "decode", level: "info" });
    log.debug("not this");
    log.error({ error: new Error("step failed", { cause: new Error("disk is full") }) }, "gave up");
    process.exit(3);`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  expect({ stdout, status }).toEqual({ stdout: "", status: 3 });
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(1);
  const line = Line.parse(JSON.parse(lines[0] ?? ""));
  expect(line).toMatchObject({
    level: "error",
    service: "decode",
    msg: "gave up",
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
