// `npm run bench beside -- COMMIT [--rounds N] [--only chain,overtake,plan,make,mix] [--minutes M] [--old N] [--hours N] [--tracks N]`: what `bench chain`, `overtake`,
// `plan` and `make` measure, of this tree and of another commit's from the repository's history, in one run and in turns. Each round is a pair; ratios
// come with their 95 % intervals. Ends with 1 where this tree is slower. Needs Linux's /proc.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { makeMix } from "../../test/long/make-mix.ts";
import { checkOut } from "../../test/support/previous-release.ts";
import { makeMaster } from "../chain/make-master.ts";
import { judge, type Pair, ratioOf } from "./compare.ts";
import { type Answer, type Figure, figures, type Measured, type Order } from "./figures.ts";

const parts = ["chain", "overtake", "plan", "make", "mix"] as const;
const Options = z.object({
  rounds: z.coerce.number().int().min(1).default(5),
  only: z
    .string()
    .default("chain,overtake,plan,make")
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(parts))),
  minutes: z.coerce.number().positive().max(60).default(1),
  /** Tracks of half a minute that a backfill makes anew. */
  old: z.coerce.number().int().min(1).default(10),
  /** Of a mix, where that is asked for. */
  hours: z.coerce.number().positive().max(3).default(1),
  /** Of the catalog that is planned and gone through. */
  tracks: z.coerce.number().int().min(100).default(10_000),
});
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    only: { type: "string" },
    minutes: { type: "string" },
    old: { type: "string" },
    hours: { type: "string" },
    tracks: { type: "string" },
  },
});
const options = Options.parse(values);
const [commit] = positionals;
if (commit === undefined) throw new Error("expected a commit to measure beside, HEAD~1 say");
const oldSec = 30;
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Side {
  readonly name: "ours" | "theirs";
  /** @throws what it says went wrong. */
  tell(order: Order): Promise<Measured>;
  end(): Promise<void>;
}

function openSide(name: Side["name"], root: string): Side {
  const child: ChildProcess = fork(join(root, "bench/beside/side.ts"), {
    cwd: root,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const gone = once(child, "exit");
  return {
    name,
    async tell(order) {
      const ended = gone.then(([code]) => {
        throw new Error(`${name} ended with ${code} instead of an answer to ${order.do}`);
      });
      child.send(order);
      const [answer] = (await Promise.race([once(child, "message"), ended])) as [Answer];
      if ("error" in answer) throw new Error(`${name}, ${order.do}: ${answer.error}`);
      return answer.measured;
    },
    async end() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

const dir = mkdtempSync(join(tmpdir(), "segue-bench-beside-"));
const pairs = new Map<Figure, Pair[]>();
let seed = 1;

/** A new track for both: neither has had it. */
async function withMaster(sec: number, use: (file: { path: string; fileName: string }) => Promise<void>) {
  const { path, fileName } = await makeMaster({ seed: seed++, durationSec: sec, format: "mp3", dir });
  await use({ path, fileName });
  rmSync(path);
}

/** Which of them comes first alternates. */
async function inTurns(sides: readonly Side[], round: number, order: Order): Promise<Measured[]> {
  const measured = new Map<Side, Measured>();
  for (const side of round % 2 === 0 ? sides : sides.toReversed()) measured.set(side, await side.tell(order));
  return sides.map((side) => measured.get(side) ?? {});
}

async function measure(sides: readonly Side[], round: number, order: Order): Promise<void> {
  const [ours = {}, theirs = {}] = await inTurns(sides, round, order);
  for (const figure of Object.keys(figures) as Figure[]) {
    const pair = { ours: ours[figure], theirs: theirs[figure] };
    if (pair.ours === undefined || pair.theirs === undefined) continue;
    pairs.set(figure, [...(pairs.get(figure) ?? []), { ours: pair.ours, theirs: pair.theirs }]);
    say(`round ${round + 1}, ${figure}: ${pair.ours.toFixed(2)} and ${pair.theirs.toFixed(2)}`);
  }
}

const rounds = Array.from({ length: options.rounds }, (_, round) => round);
const wants = (...some: (typeof parts)[number][]) => some.some((part) => options.only.includes(part));

async function measureFleets(sides: readonly Side[]): Promise<void> {
  await inTurns(sides, 0, { do: "open-fleet" });
  // What warms them up is what the backfill makes anew.
  for (let index = 0; index < options.old; index++)
    await withMaster(oldSec, async (file) => void (await inTurns(sides, index, { do: "warm-up", ...file })));
  const sec = options.minutes * 60;
  for (const round of wants("chain") ? rounds : [])
    await withMaster(sec, (file) => measure(sides, round, { do: "chain", ...file }));
  for (const round of wants("overtake") ? rounds : [])
    await withMaster(oldSec, (file) => measure(sides, round, { do: "overtake", ...file }));
  if (wants("mix")) {
    const { path } = await makeMix(dir, "mp3", options.hours * 3_600);
    const file = { path, fileName: "mix.mp3" };
    for (const round of rounds) {
      // Neither has had this one: what differs stands behind the last frame.
      appendFileSync(path, `${round}`);
      await measure(sides, round, { do: "mix", ...file });
    }
    rmSync(path);
  }
  await inTurns(sides, 0, { do: "close" });
}

async function measureCatalogs(sides: readonly Side[]): Promise<void> {
  await inTurns(sides, 0, { do: "open-catalog", tracks: options.tracks });
  // The first of each loads what the others have, and makes what can be made.
  for (const part of ["plan", "make"] as const) {
    if (!wants(part)) continue;
    await inTurns(sides, 0, { do: part });
    for (const round of rounds) await measure(sides, round, { do: part });
  }
  await inTurns(sides, 0, { do: "close" });
}

const copied = ["side.ts", "figures.ts"].map((name) => `bench/beside/${name}`);
const other = await checkOut(commit, copied);
const sides = [openSide("ours", join(import.meta.dirname, "../..")), openSide("theirs", other.root)];
try {
  if (wants("chain", "overtake", "mix")) await measureFleets(sides);
  if (wants("plan", "make")) await measureCatalogs(sides);
} finally {
  await Promise.all(sides.map((side) => side.end()));
  await other[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
}

console.log(`this tree beside ${commit}, ${options.rounds} rounds: ratio (95 % interval)`);
const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
for (const [figure, rounds] of pairs) {
  const ratio = ratioOf(rounds);
  const verdict = judge(ratio);
  const [ours, theirs] = (["ours", "theirs"] as const).map((side) => mean(rounds.map((pair) => pair[side])));
  console.log(
    `${figures[figure]}: ${ours?.toFixed(2)} and ${theirs?.toFixed(2)}, ${ratio.ratio.toFixed(3)} ` +
      `(${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}): ${verdict}`,
  );
  if (verdict === "slower") process.exitCode = 1;
}
