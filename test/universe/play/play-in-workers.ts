import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Breach } from "../law/breach.ts";
import type { Options } from "../options.ts";
import { saveImage } from "../world/database-engine.ts";
import { describePlayed, Tally } from "./tell.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

const Told = z.object({
  seed: z.int(),
  digest: z.string(),
  preemptions: z.int(),
  faults: z.int(),
  events: z.int(),
  breach: z.object({ law: z.string(), message: z.string() }).optional(),
});
export type Told = z.infer<typeof Told>;

/** Other processes, which begin with the same cluster. */
export interface Elsewhere extends AsyncDisposable {
  /** Plays seeds in a process of their own, and ends with it. */
  play(args: readonly string[], onTold: (told: Told) => void): Promise<number>;
}

export async function openElsewhere(): Promise<Elsewhere> {
  const dir = await mkdtemp(join(tmpdir(), "segue-universe-"));
  const image = join(dir, "cluster.tar");
  await saveImage(image);
  return {
    play: (args, onTold) => playElsewhere(["--image", image, ...args], onTold),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

async function playElsewhere(args: readonly string[], onTold: (told: Told) => void): Promise<number> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, "--json", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      signal ? reject(new Error(`a process ended by ${signal}`)) : resolve(code ?? 1),
    );
  });
  for await (const line of createInterface({ input: child.stdout })) onTold(Told.parse(JSON.parse(line)));
  return ended;
}

/** So many seeds at a time in one process: what a process keeps of its worlds goes with it. */
const atOnce = 250;

/** Shares seeds out among processes. */
export async function playInWorkers({ from, to, hours, workers, plant }: Options): Promise<number> {
  const startedAt = performance.now();
  const told: Told[] = [];
  const elsewhere = await openElsewhere();
  let next = from;
  const work = async () => {
    while (next <= to) {
      const first = next;
      next = Math.min(to + 1, first + Math.min(atOnce, Math.ceil((to - from + 1) / workers)));
      const args = [
        "--seeds",
        `${first}..${next - 1}`,
        "--hours",
        String(hours),
        ...(plant ? ["--plant", plant] : []),
      ];
      await elsewhere.play(args, (one) => {
        told.push(one);
        if (one.breach) console.log(describePlayed(asPlayed(one)));
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, work)).finally(() => elsewhere[Symbol.asyncDispose]());
  const tally = new Tally();
  for (const one of told.toSorted((a, b) => a.seed - b.seed)) tally.add(asPlayed(one));
  console.log(tally.describe(workers * (performance.now() - startedAt)));
  console.log(`trace ${tally.digest()}`);
  return tally.broken.length > 0 ? 1 : 0;
}

function asPlayed({ breach, ...told }: Told) {
  return { ...told, breach: breach && new Breach(breach.law, breach.message.slice(breach.law.length + 2)) };
}
