import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createMark, MarkedProcesses } from "./marked-processes.ts";

const onLinux = test.skipIf(process.platform !== "linux");

/** A marked program; all that comes of it ends with the test. */
function startFamily(body: string) {
  const mark = createMark();
  const env = { PATH: "/usr/bin:/bin", [mark.variable]: mark.value };
  const child = spawn(process.execPath, ["-e", body], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  const family = new MarkedProcesses(mark);
  onTestFinished(() => family.kill());
  return { child, family };
}

onLinux("a program is found with all that came of it, in whatever session, and killed", async () => {
  const { child, family } = startFamily(`const { spawn } = require("node:child_process");
const other = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
other.unref();
console.log(other.pid);
setInterval(() => {}, 1e6);`);
  const [said]: Buffer[] = await once(child.stdout, "data");
  expect(family.find().toSorted()).toEqual([child.pid, Number(said)].toSorted());
  const exited = once(child, "exit");
  family.kill();
  await exited;
  expect(family.find()).toEqual([]);
  expect(new MarkedProcesses(createMark()).find()).toEqual([]);
});

onLinux("resident memory is that of all, and is told where it may be over the limit", async () => {
  const { child, family } = startFamily(`const { spawn } = require("node:child_process");
const hoard = Buffer.alloc(100 * 2 ** 20, 1);
const other = spawn(process.execPath, ["-e", "const hoard = Buffer.alloc(100 * 2 ** 20, 1); console.log('here'); setInterval(() => hoard.length, 1e6)"]);
other.stdout.pipe(process.stdout);
setInterval(() => hoard.length, 1e6);`);
  await once(child.stdout, "data");
  const mib = family.residentBytes(100 * 2 ** 20) / 2 ** 20;
  expect(mib).toBeGreaterThan(200);
  expect(mib).toBeLessThan(450);
  const exited = once(child, "exit");
  family.kill();
  await exited;
  expect(family.residentBytes(0)).toBe(0);
});
