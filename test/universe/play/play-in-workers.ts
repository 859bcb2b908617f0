import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { seedsToPlay } from "../kept-seeds.ts";
import { Breach } from "../law/breach.ts";
import type { Options } from "../options.ts";
import { writeSeeds } from "../read-seeds.ts";
import { saveImage } from "../world/database-engine.ts";
import type { PlannedSeed } from "./plan-for.ts";
import { describePlayed, Tally } from "./tell.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

const Told = z.object({
  seed: z.int(),
  digest: z.string(),
  preemptions: z.int(),
  faults: z.int(),
  events: z.int(),
  cpuMs: z.number(),
  breach: z.object({ law: z.string(), message: z.string() }).optional(),
});
export type Told = z.infer<typeof Told>;

/** A process that plays hundreds of worlds has the database compiled well soon, and shares its cores with others like it. */
const flags = [
  "--disable-warning=ExperimentalWarning",
  "--wasm-tiering-budget=400000",
  "--max-semi-space-size=32",
  "--single-threaded-gc",
  // Log lines have fields of their scope, and each promise would be told of for their sake.
  "--experimental-async-context-frame",
];

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
  const child = spawn(process.execPath, [...flags, main, "--json", ...args], {
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
const atOnce = 500;

interface Portion extends Omit<PlannedSeed, "seed"> {
  readonly seeds: number[];
}

/** Shares seeds out among processes. */
export async function playInWorkers(options: Options): Promise<number> {
  const { workers, plant } = options;
  const told: Told[] = [];
  const elsewhere = await openElsewhere();
  const open = portionsOf(seedsToPlay(options), workers);
  const work = async () => {
    for (let portion = open.shift(); portion; portion = open.shift()) {
      const args = ["--seeds", writeSeeds(portion.seeds), "--hours", String(portion.hours)];
      args.push("--placed", portion.placed ?? "default");
      if (portion.isSkewed) args.push("--skew");
      if (portion.takesDown) args.push("--takedowns");
      if (portion.losesDatabase) args.push("--loses");
      await elsewhere.play([...args, ...(plant ? ["--plant", plant] : [])], (one) => {
        told.push(one);
        if (one.breach) console.log(describePlayed(asPlayed(one)));
      });
    }
  };
  await Promise.all(Array.from({ length: workers }, work)).finally(() => elsewhere[Symbol.asyncDispose]());
  const tally = new Tally();
  for (const one of told) tally.add(asPlayed(one));
  console.log(tally.describe());
  console.log(`trace ${tally.digest()}`);
  return tally.broken.length > 0 ? 1 : 0;
}

/** In their order, and about as many for each process. */
function portionsOf(seeds: readonly PlannedSeed[], workers: number): Portion[] {
  const portions: Portion[] = [];
  const most = Math.min(atOnce, Math.ceil(seeds.length / workers));
  for (const { seed, hours, placed, isSkewed = false, takesDown = false, losesDatabase = false } of seeds) {
    const last = portions.at(-1);
    const isAlike =
      last?.hours === hours &&
      last.placed === placed &&
      last.isSkewed === isSkewed &&
      last.takesDown === takesDown &&
      last.losesDatabase === losesDatabase;
    if (isAlike && last.seeds.length < most) last.seeds.push(seed);
    else portions.push({ hours, placed, isSkewed, takesDown, losesDatabase, seeds: [seed] });
  }
  return portions;
}

function asPlayed({ breach, ...told }: Told) {
  return { ...told, breach: breach && new Breach(breach.law, breach.message.slice(breach.law.length + 2)) };
}
