// The receivers that integrators begin with: each as a process of its own, sent what the fleet sends, and what it would not.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@segue/local-cloud/free-port";
import { afterEach, describe, expect, test } from "vitest";
import { postWebhook } from "./post-webhook.ts";
import { signWebhook } from "./sign-webhook.ts";

const pathOf = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/webhook-receivers/${name}`, import.meta.url));
const receivers = [
  { name: "Node", command: process.execPath, file: pathOf("receive.mjs") },
  { name: "Python", command: "python3", file: pathOf("receive.py") },
];

function hasProgram(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const secrets = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`);
const [secret = "", other = ""] = secrets;
const body = JSON.stringify({ type: "track.done", trackId: "t", state: "done" });
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
});

describe.each(receivers)("the receiver in $name", ({ name, command, file }) => {
  const isMissing = !hasProgram(command);
  if (isMissing) console.warn(`skipped: the example receiver in ${name}, which needs ${command}`);

  test.skipIf(isMissing)("takes what is signed, once, and nothing else", async () => {
    const port = await findFreePort();
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: `${other} ${secret}` };
    const child = spawn(command, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    await expect.poll(() => lines, { timeout: 120_000 }).toEqual([`listening on ${port}`]);
    const send = async (headers: Readonly<Record<string, string>>, text = body) => {
      const { signal } = new AbortController();
      const options = { headers, body: text, allowPrivate: true, timeoutMs: 60_000, signal };
      return (await postWebhook(`http://127.0.0.1:${port}/`, options)).status;
    };
    const at = new Date();
    const good = signWebhook([secret], { id: "m1", at, body });
    expect(await send(good)).toBe(204);
    expect(await send(good)).toBe(204);
    const unknown = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
    expect(await send(signWebhook([unknown, other], { id: "m2", at, body }))).toBe(204);
    const refused = [
      signWebhook([unknown], { id: "m3", at, body }),
      signWebhook([secret], { id: "m3", at: new Date(at.getTime() - 3_600_000), body }),
      { ...good, "webhook-id": "m3" },
      { ...good, "webhook-timestamp": "soon" },
      {},
    ];
    for (const headers of refused) expect(await send(headers)).toBe(401);
    expect(await send(good, `${body} `)).toBe(401);
    await expect.poll(() => lines.slice(1)).toEqual(["m1 track.done t done", "m2 track.done t done"]);
  });
});
