import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("lines have the fields of the work that they are written in, however far down", () => {
  const at = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    const { createLogger } = await import(${at("./logger.ts")});
    const { withLogFields } = await import(${at("./log-fields.ts")});
    const log = createLogger({ service: "ingest", level: "info" });
    const later = () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all(["a", "b"].map((requestId) => withLogFields({ requestId }, async () => {
      await later();
      log.child({ track: requestId }).info({ own: 1 }, "within");
    })));
    log.info("outside");`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { message: "within", requestId: "a", track: "a", own: 1 },
    { message: "within", requestId: "b", track: "b", own: 1 },
    { message: "outside" },
  ]);
  expect(lines[2]).not.toHaveProperty("requestId");
});
