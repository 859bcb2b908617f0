import { connect } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listIncoming, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
let aheadMs = 0;
beforeEach(async () => {
  aheadMs = 0;
  under = await startServerUnderTest({ now: () => Date.now() + aheadMs });
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", under.server.credentialsPath);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await under[Symbol.asyncDispose]();
});

type Policy = { fields: Record<string, string> };

async function createPolicy(more: Record<string, unknown> = {}): Promise<Policy> {
  const [policy] = await under.bucket.file("form/song.wav").generateSignedPostPolicyV4({
    expires: Date.now() + 60_000,
    fields: { "x-goog-meta-a": "1", "content-type": "audio/wav" },
    ...more,
  });
  return policy as Policy;
}

function post({ fields }: Policy, content: string, path = "/tracks") {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([content]), "mine.wav");
  return fetch(`${under.server.url}${path}`, { method: "POST", body: form });
}

test.each(["/tracks", "/tracks/", "/"])("a form with a policy stores its file (POST %s)", async (path) => {
  const content = "x".repeat(300_000);
  const response = await post(await createPolicy(), content, path);
  expect([response.status, await response.text()]).toEqual([204, ""]);
  const file = under.bucket.file("form/song.wav");
  expect((await file.download())[0].toString()).toBe(content);
  expect((await file.getMetadata())[0]).toMatchObject({ contentType: "audio/wav", metadata: { a: "1" } });
});

test("a status that the policy allows is answered, and the file's own name stands in the key", async () => {
  // The form's own variable, for the server to fill in.
  const fromName = `from/$\{filename}`;
  const fields = { success_action_status: "201", key: fromName };
  const conditions = [["starts-with", "$key", "from/"]];
  const [policy] = await under.bucket
    .file(fromName)
    .generateSignedPostPolicyV4({ expires: Date.now() + 60_000, fields, conditions });
  const response = await post(policy as Policy, "x");
  expect([response.status, await response.text()]).toEqual([
    201,
    expect.stringContaining("<Key>from/mine.wav</Key>"),
  ]);
  expect(await under.bucket.file("from/mine.wav").exists()).toEqual([true]);
});

test.each<[string, (policy: Policy) => void, number, string]>([
  ["another key", ({ fields }) => (fields.key = "other"), 400, "InvalidPolicyDocument"],
  ["a field more", ({ fields }) => (fields["cache-control"] = "no-store"), 400, "cache-control"],
  ["other metadata", ({ fields }) => (fields["x-goog-meta-a"] = "2"), 400, "x-goog-meta-a"],
  [
    "a policy that was changed",
    ({ fields }) => (fields.policy = `${fields.policy}AAAA`),
    403,
    "SignatureDoesNotMatch",
  ],
  [
    "another signer",
    ({ fields }) =>
      (fields["x-goog-credential"] =
        `eve@example.com/${fields["x-goog-credential"]?.split("/").slice(1).join("/")}`),
    403,
    "SignatureDoesNotMatch",
  ],
  ["no policy", ({ fields }) => delete fields.policy, 400, "policy"],
  [
    "an encryption key",
    ({ fields }) => (fields["x-goog-encryption-key"] = "k"),
    400,
    "x-goog-encryption-key",
  ],
  [
    "a redirect",
    ({ fields }) => (fields.success_action_redirect = "http://x"),
    400,
    "success_action_redirect",
  ],
  ["an expired policy", () => (aheadMs = 120_000), 403, "expired"],
])("%s is refused, and nothing is stored", async (_, change, status, words) => {
  const policy = await createPolicy();
  change(policy);
  const response = await post(policy, "x".repeat(300_000));
  expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(words)]);
  expect((await under.bucket.getFiles())[0]).toEqual([]);
  expect(await listIncoming(under.dataDir)).toEqual([]);
});

test("a form that is cut off leaves nothing", async () => {
  const { fields } = await createPolicy();
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `${parts.join("")}--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n`;
  const socket = connect(under.server.port, "127.0.0.1").on("error", () => {});
  socket.write(
    `POST /tracks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n`,
  );
  socket.write(`${head}${"x".repeat(100_000)}`);
  await expect.poll(() => listIncoming(under.dataDir), { interval: 5 }).toHaveLength(1);
  socket.destroy();
  await expect.poll(() => listIncoming(under.dataDir)).toEqual([]);
  expect((await under.bucket.getFiles())[0]).toEqual([]);
});

test("a file has the size that the policy allows", async () => {
  const policy = await createPolicy({ conditions: [["content-length-range", 2, 4]] });
  for (const [content, status] of [
    ["x", 400],
    ["xxxxx", 400],
    ["xxx", 204],
  ] as const)
    expect((await post(policy, content)).status).toBe(status);
});

test("a form without a file, and no form at all, are refused", async () => {
  const form = new FormData();
  form.append("key", "x");
  const send = (body: FormData | string) => fetch(`${under.server.url}/tracks`, { method: "POST", body });
  expect((await send(form)).status).toBe(400);
  expect((await send("x")).status).toBe(400);
});
