import { copyFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileUrl, inputArgs } from "./demuxers.ts";
import { probeAudio } from "./probe-audio.ts";
import { runFfmpeg } from "./run-ffmpeg.ts";
import { createTestDir, makeFile, sine, type TestDir } from "./testing.ts";

let dir: TestDir;
let port = 0;
let connections = 0;
const server = createServer((socket) => {
  connections += 1;
  socket.destroy();
});
beforeAll(async () => {
  dir = await createTestDir();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address === "object" && address) port = address.port;
  await makeFile(dir.path("secret.wav"), sine({ sec: 1 }));
});
afterAll(async () => {
  server.close();
  await dir.dispose();
});

const probe = (name: string) => probeAudio(dir.path(name));

/** Files that name others; each also without the head that gives it away, as ffmpeg's own probing would see it. */
const hostile: Record<string, () => string> = {
  "hls.mp3": () =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:${port}/x.ts\n#EXT-X-ENDLIST\n`,
  "hls-local.mp3": () =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${dir.path("secret.wav")}\n#EXT-X-ENDLIST\n`,
  "concat.wav": () => `ffconcat version 1.0\nfile ${dir.path("secret.wav")}\n`,
  "concat-url.ogg": () => `ffconcat version 1.0\nfile http://127.0.0.1:${port}/x\n`,
  "session.mp4": () =>
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio ${port} RTP/AVP 0\n`,
  "dash.m4a": () =>
    `<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1:${port}/</BaseURL></MPD>`,
  "list.m3u": () => `#EXTM3U\nhttp://127.0.0.1:${port}/a.mp3\n`,
  "list.pls": () => `[playlist]\nFile1=http://127.0.0.1:${port}/a.mp3\n`,
  "bare.txt": () => `http://127.0.0.1:${port}/a.mp3\n`,
};

test.each(Object.keys(hostile))(
  "%s names other files or addresses: refused, and nothing is opened",
  async (name) => {
    await writeFile(dir.path(name), hostile[name]?.() ?? "");
    await expect(probe(name)).rejects.toMatchObject({ code: "forbidden-input" });
  },
);

test.each(["hls.mp3", "hls-local.mp3", "concat.wav", "concat-url.ogg", "session.mp4", "dash.m4a"])(
  "%s is refused by ffmpeg's own restrictions too",
  async (name) => {
    await writeFile(dir.path(name), hostile[name]?.() ?? "");
    const run = runFfmpeg([...inputArgs, "-i", fileUrl(dir.path(name)), "-f", "null", "-"], {});
    await expect(run).rejects.toMatchObject({
      reason: "exit",
      stderr: expect.not.stringContaining("Input #0"),
    });
  },
);

test("no attempt above reached the network", () => {
  expect(port).toBeGreaterThan(0);
  expect(connections).toBe(0);
});

test("a file that is missing is no verdict on the audio", async () => {
  await expect(probe("absent")).rejects.toMatchObject({ code: expect.not.stringMatching("not-audio") });
});

test("headers are read as they are", async () => {
  await makeFile(dir.path("24.wav"), [...sine({ sampleRateHz: 96_000, channels: 2 }), "-c:a", "pcm_s24le"]);
  expect(await probe("24.wav")).toMatchObject({
    container: "wav",
    declaredDurationSec: 1,
    audioStreams: [
      { codec: "pcm_s24le", sampleRateHz: 96_000, channels: 2, bitDepth: 24, bitRateKbps: 4608 },
    ],
  });
});

test("a file name may hold any character", async () => {
  for (const name of [
    "a:b.wav",
    "-i.wav",
    "100%03d.wav",
    "http:~x.wav",
    "a'b\"c .wav",
    "ünï\n☃.wav",
    "*?[x].wav",
  ]) {
    await makeFile(dir.path("plain.wav"), sine({ sec: 0.1 }));
    await copyFile(dir.path("plain.wav"), dir.path(name));
    expect((await probe(name)).audioStreams).toHaveLength(1);
  }
});

test("an AU file whose samples would begin past its end is not handed to ffmpeg", async () => {
  const bytes = await readFile(await makeFile(dir.path("plain.au"), sine({})));
  expect((await probe("plain.au")).container).toBe("au");
  bytes.writeUInt32BE(0x7fffffff, 4);
  await writeFile(dir.path("lying.au"), bytes);
  await expect(probe("lying.au")).rejects.toMatchObject({
    code: "no-samples-decoded",
    message: "the file ends inside its own header",
  });
});

test("a tag of 20000 frames is skipped, and the file is what it is without", async () => {
  const bare = await readFile(await makeFile(dir.path("bare.mp3"), [...sine({}), "-id3v2_version", "0"]));
  const frames = Array.from(
    { length: 20_000 },
    (_, i) => `TXXX\0\0\0\x09\0\0\0k${String(i).padStart(5, "0")}\0v`,
  );
  const body = Buffer.from(frames.join(""), "latin1");
  const size = [21, 14, 7, 0].map((shift) => (body.length >> shift) & 0x7f);
  const head = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, ...size]);
  await writeFile(dir.path("heavy.mp3"), Buffer.concat([head, body, bare]));
  const { audioStreams } = await probe("bare.mp3");
  expect(await probe("heavy.mp3")).toMatchObject({ audioStreams, skipBytes: head.length + body.length });
});

test.each([
  "Permission denied",
  "No such file or directory",
  "Too many open files",
  "a\n[error] No space left on device",
])("a track called %j is no trouble of the machine", async (title) => {
  const path = dir.path("words-of-a-title.flac");
  await makeFile(path, [...sine({}), "-metadata", `title=${title}`]);
  await expect(probeAudio(path)).resolves.toMatchObject({ container: "flac" });
});
