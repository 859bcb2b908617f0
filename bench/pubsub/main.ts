// `pnpm bench pubsub [--rounds N] [--messages N]`: our durable server next to Google's emulator, in interleaved rounds.
import { parseArgs } from "node:util";
import { connect, measure, type Round } from "./measure.ts";
import { startEmulator, startOurs } from "./servers.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "4" },
    messages: { type: "string", default: "10000" },
  },
});
const rounds = Number(values.rounds);
const messages = Number(values.messages);

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function summarise(all: readonly Round[]) {
  const latenciesMs = all.flatMap((round) => round.latenciesMs);
  const median = (pick: (round: Round) => number) => quantile(all.map(pick), 0.5);
  return {
    "publish, messages/s": median((round) => round.publishPerSec),
    "end to end, messages/s": median((round) => round.endToEndPerSec),
    "latency median, ms": quantile(latenciesMs, 0.5),
    "latency p99, ms": quantile(latenciesMs, 0.99),
    "server CPU, us/message published": median((round) => round.publishCpuUs),
    "server CPU, us/message end to end": median((round) => round.endToEndCpuUs),
  };
}

const ours = await startOurs();
const emulator = await startEmulator();
if (!emulator) console.log("SKIPPED: Google's emulator is not installed; only our server is measured.");
const contenders = [ours, ...(emulator ? [emulator] : [])].map((server) => ({
  server,
  pubsub: connect(server),
  rounds: [] as Round[],
}));
try {
  // The first round warms up the client and the JVM; it is not counted.
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const { server, pubsub, rounds: done } of order) {
      const result = await measure(server, pubsub, messages);
      if (round > 0) done.push(result);
    }
  }
  const summaries = contenders.map(({ rounds: done }) => summarise(done));
  const [mine, theirs] = summaries;
  if (mine) {
    const rows = Object.entries(mine).map(([figure, value]) => {
      const other = theirs?.[figure as keyof typeof theirs];
      return {
        figure,
        ours: Number(value.toPrecision(4)),
        emulator: other === undefined ? null : Number(other.toPrecision(4)),
        "ours / emulator": other === undefined ? null : Number((value / other).toFixed(2)),
      };
    });
    console.log(`${rounds} rounds of ${messages} messages of 500 bytes with 3 attributes, medians of rounds`);
    console.table(rows);
  }
} finally {
  await Promise.all(contenders.map(({ pubsub }) => pubsub.close()));
  await Promise.all(contenders.map(({ server }) => server.stop()));
}
