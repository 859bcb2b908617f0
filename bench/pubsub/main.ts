// `npm run bench pubsub -- [--rounds N] [--messages N]`: our durable server next to Google's emulator. Within a round the two take
// turns at each measurement, and who goes first changes from round to round, so that both see the same machine.
import { parseArgs } from "node:util";
import { findEmulator } from "../../test/support/find-emulator.ts";
import { connect, measureEndToEnd, measureLatency, measurePublish, type Throughput } from "./measure.ts";
import { type BenchServer, startEmulator, startOurs } from "./servers.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "8" },
    messages: { type: "string", default: "10000" },
  },
});
const rounds = Number(values.rounds);
const messages = Number(values.messages);

function quantile(figures: readonly number[], q: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

function createContender(server: BenchServer) {
  const pubsub = connect(server);
  const publish: Throughput[] = [];
  const endToEnd: Throughput[] = [];
  const latenciesMs: number[] = [];
  return {
    server,
    pubsub,
    /** The first round warms up the client, our server and the JVM, and does not count. */
    steps: [
      async (counts: boolean) => {
        const result = await measurePublish(server, pubsub, messages);
        if (counts) publish.push(result);
      },
      async (counts: boolean) => {
        const result = await measureEndToEnd(server, pubsub, messages);
        if (counts) endToEnd.push(result);
      },
      async (counts: boolean) => {
        const result = await measureLatency(pubsub, 100);
        if (counts) latenciesMs.push(...result);
      },
    ],
    summary: () => {
      const median = (all: readonly number[]) => quantile(all, 0.5);
      return [
        { figure: "publish, messages/s", value: median(publish.map(({ perSec }) => perSec)) },
        { figure: "end to end, messages/s", value: median(endToEnd.map(({ perSec }) => perSec)) },
        { figure: "latency median, ms", value: median(latenciesMs) },
        { figure: "latency p99, ms", value: quantile(latenciesMs, 0.99) },
        { figure: "server CPU, us/message published", value: median(publish.map((one) => one.serverCpuUs)) },
        {
          figure: "server CPU, us/message end to end",
          value: median(endToEnd.map((one) => one.serverCpuUs)),
        },
      ];
    },
  };
}

const ours = createContender(await startOurs());
const found = findEmulator();
if ("missing" in found)
  console.log(`SKIPPED: Google's emulator (${found.missing}): only our server is measured.`);
const emulator = "jar" in found ? createContender(await startEmulator(found.jar)) : null;
const contenders = emulator ? [ours, emulator] : [ours];
try {
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? contenders : [...contenders].reverse();
    for (const step of ours.steps.keys()) {
      for (const { steps } of order) await steps[step]?.(round > 0);
    }
  }
  const theirs = emulator?.summary();
  const rows = ours.summary().map(({ figure, value }, i) => {
    const other = theirs?.[i]?.value ?? Number.NaN;
    return {
      figure,
      ours: Number(value.toPrecision(4)),
      emulator: Number(other.toPrecision(4)),
      "ours / emulator": Number((value / other).toFixed(2)),
    };
  });
  console.log(`${rounds} rounds of ${messages} messages of 500 bytes with 3 attributes, medians of rounds`);
  console.table(rows);
} finally {
  await Promise.all(contenders.map(({ pubsub }) => pubsub.close()));
  await Promise.all(contenders.map(({ server }) => server.stop()));
}
