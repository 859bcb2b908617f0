// A fleet in the containers that a cluster would run: the image as it is built, the limits and variables as the chart has them.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TrackResource } from "@segue/contracts";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { missingHelm, renderChart } from "../helm/render-chart.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { specOf } from "../support/project-spec.ts";
import { type BuiltImage, buildImage } from "./build-image.ts";
import type { Containers } from "./containers.ts";
import { missingImageTools } from "./image-tools.ts";

const missing = missingImageTools ?? missingHelm;
if (missing) console.warn(`images are not tested: ${missing}`);

const uid = 10001;
const release = `segue-test-${process.pid}`;
const idOf = (service: string) => `${release}-${service}`;

/** What of a pod the chart says, for whoever runs its container. */
function containersOf(spec: FleetSpec, image: BuiltImage): Containers {
  const manifests = renderChart({ fleet: spec, image: { repository: "segue", tag: "test" } });
  const services = manifests.flatMap(({ kind, metadata, spec: deployment }) => {
    if (kind !== "Deployment") return [];
    const [container] = deployment.template.spec.containers;
    const name = metadata.name.replace(/^music-/, "");
    const { env = [] } = spec.services.find((service) => service.name === name) ?? {};
    const given = container.env.flatMap((each: { name: string; value?: string }) =>
      each.value === undefined || each.value.includes("$(") ? [] : [[each.name, each.value]],
    );
    const of = {
      id: idOf(name),
      args: container.args,
      env: Object.fromEntries(given),
      variables: env.map((variable) => variable.name),
      memoryMiB: Number.parseInt(container.resources.limits.memory, 10),
    };
    return [[name, of] as const];
  });
  const { rootDir, entrypoint, env: imageEnv } = image;
  return { rootDir, entrypoint, imageEnv, uid, services: Object.fromEntries(services) };
}

describe.skipIf(missing)(`images${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let dir: string;
  let image: BuiltImage;
  let spec: FleetSpec;
  let running: FleetUnderTest;
  const ended: string[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "segue-images-"));
    image = buildImage();
    spec = await specOf();
    await writeFile(join(dir, "containers.json"), JSON.stringify(containersOf(spec, image)));
    // A build whose services run in containers.
    const program = pathToFileURL(join(import.meta.dirname, "run-in-container.ts")).href;
    await writeFile(join(dir, "built-service.js"), `await import(${JSON.stringify(program)});\n`);
    await writeFile(join(dir, "end-with-parent.js"), "");
    await writeFile(join(dir, "package.json"), JSON.stringify({ type: "module" }));
    running = await startFleetUnderTest({
      buildDir: dir,
      // As the chart has it, the API asks for keys, and the secret is the admin's.
      env: { SEGUE_ADMIN_KEY: randomBytes(32).toString("hex") },
      onProcess: (event) => void (event.type === "ended" && ended.push(`${event.name} ${event.code}`)),
    });
  }, 1_500_000);
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    image?.[Symbol.dispose]();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const runc = (...args: string[]) => execFileSync("runc", args, { encoding: "utf8" });
  const peakMiB = (service: string) => {
    const file = `/sys/fs/cgroup/memory/segue-test/${idOf(service)}/memory.max_usage_in_bytes`;
    return Number(readFileSync(file, "utf8")) / 2 ** 20;
  };
  const masterOf = async (seed: number, format: "mp3" | "flac" | "wav") =>
    readFileSync((await makeMaster({ seed, durationSec: 30, format, dir })).path);
  const submit = async (seed: number, format: "mp3" | "flac" | "wav" = "mp3") =>
    (await running.client.post(await masterOf(seed, format))).id;
  const expectAll = (track: TrackResource) =>
    expect(track.steps.map(({ step, status }) => [step, status])).toEqual(
      track.steps.map(({ step }) => [step, "succeeded"]),
    );

  test("the image is small, nobody's, and without what is for laptops", () => {
    console.log(`the image, compressed: ${Math.round(image.compressedBytes / 1e6)} MB`);
    expect(image.compressedBytes / 1e6).toBeLessThan(300);
    expect(image.user).toBe(`${uid}:${uid}`);
    const names = readdirSync(join(image.rootDir, "segue"), { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => /pglite|@ffmpeg-installer/i.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith("compiled/")).length).toBeGreaterThan(5);
  });

  test("the image for GPUs is the fleet's, with a backend of its own", () => {
    const { entrypoint, user, env, forGpu } = image;
    expect([forGpu.entrypoint, forGpu.user]).toEqual([entrypoint, user]);
    expect(forGpu.env.filter((each) => !env.includes(each))).toEqual(["SEGUE_TENSORFLOW_BACKEND=wasm"]);
  });

  test("tracks come through, within the memory that the chart gives", async () => {
    const ids = [await submit(1, "mp3"), await submit(2, "flac"), await submit(3, "wav")];
    for (const id of ids) expectAll(await running.client.ended(id));
    const most = spec.services.map(({ name, resources }) => ({
      name,
      peak: peakMiB(name),
      limit: resources.memoryMiB,
    }));
    console.log(
      most.map(({ name, peak, limit }) => `${name}: ${Math.round(peak)} of ${limit} MiB`).join("\n"),
    );
    for (const { name, peak, limit } of most) expect([name, peak < (limit ?? 0)]).toEqual([name, true]);
    expect(ended).toEqual([]);
  });

  test("the API asks for keys, as the chart has it", async () => {
    const { status } = await running.client.get("/v1/tracks");
    expect(status).toBe(401);
  });

  test("the ffmpeg is the distribution's", async () => {
    const [version = ""] = execFileSync("chroot", [image.rootDir, "ffmpeg", "-version"], {
      encoding: "utf8",
    }).split("\n");
    expect(version).toMatch(/^ffmpeg version [78]\./);
  });

  test("a container that is asked to end hands on what it has, in its time, and one that is killed loses nothing", async () => {
    const ids = await Promise.all([11, 12, 13, 14].map((seed) => submit(seed)));
    const endOf = (service: string, end: (pid: number) => void) => {
      const { pid } = running.fleet.processes().find((each) => each.service === service) ?? {};
      if (pid === undefined) throw new Error(`expected a process of ${service}`);
      end(pid);
    };
    endOf("tagging", (pid) => process.kill(pid, "SIGTERM"));
    endOf("decode", () => runc("kill", idOf("decode"), "KILL"));
    await expect.poll(() => ended.toSorted()).toEqual(["decode 137", "tagging 0"]);
    for (const id of ids) expectAll(await running.client.ended(id));
  });
});
