import { listPrices, priceOfCpu } from "@segue/plan/list-prices";
import type { SimulatedFleet } from "@segue/scaling/simulate";
import { Command, InvalidArgumentError } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { formatColumns } from "../format-columns.ts";

interface SimulateFlags {
  readonly tracks: number;
  readonly hours: number;
  readonly fleet?: string;
  readonly start: number;
  readonly preempted: number;
  readonly notice: number;
  readonly beside: number;
  readonly price: number;
  readonly seed: number;
  readonly json: boolean;
}

/** Until the queue hands out again what a killed worker had, in s: the lease that workers take. */
const leaseSec = 60;

/** `segue simulate`: what a fleet would need and what it would cost, in virtual time. */
export function createSimulateCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue simulate --tracks 1000000 --hours 24": "7 million tracks a week, a day of it",
    "SEGUE_PLACEMENT=economy segue simulate --tracks 100000": "in the other placement",
    "segue simulate --preempted 2 --notice 0": "nodes that are taken away without notice, twice an hour each",
  });
  return new Command("simulate")
    .summary("how many workers a load takes, how long tracks wait, what it costs")
    .description(
      "Plays a fleet in virtual time: tracks come in evenly, workers of the steps' services are scaled as in a cluster, nodes are taken away. Nothing has to run.",
    )
    .option("--tracks <number>", "tracks of four minutes that come in altogether", amount(1), 10_000)
    .option("--hours <number>", "how long they come in", amount(0.01), 1)
    .option(...fleetOption)
    .option("--start <seconds>", "from asking for a worker until it takes up work", amount(0), 60)
    .option("--preempted <times>", "how often an hour a worker's node is taken away", amount(0), 0.05)
    .option("--notice <seconds>", "how long it may go on then; 0: it is killed", amount(0), 12)
    .option("--beside <seconds>", "what an attempt takes beside its CPU time", amount(0), 0.3)
    .option("--price <amount>", "what a vCPU costs per hour", amount(0), listPrices.compute.spotVcpuHour)
    .option("--seed <number>", "of all that is random: the same one comes to the same", amount(0), 1)
    .option("--json", "print the figures as JSON", false)
    .addHelpText("after", examples + exitCodesText({ succeeded: "played" }))
    .action(async (flags: SimulateFlags) => {
      const [{ loadFleet }, { servicesOf, simulate }] = await Promise.all([
        import("@segue/step"),
        import("@segue/scaling/simulate"),
      ]);
      const fleet = await loadFleet(fleetUrlOf(flags.fleet, context.config.cwd), context.config.env);
      const durationSec = flags.hours * 3_600;
      const played = simulate({
        services: servicesOf(fleet),
        arrivalsPerSec: () => flags.tracks / durationSec,
        durationSec,
        nodes: {
          startSec: flags.start,
          preemptionsPerHour: flags.preempted,
          noticeSec: flags.notice,
          leaseSec,
        },
        beside: { sec: flags.beside, cpuSec: 0, awaited: 1 },
        seed: flags.seed,
      });
      if (flags.json) writeJson(context, played);
      else context.stdout.write(`${renderSimulated(played, flags.price)}\n`);
    });
}

function renderSimulated({ tracks, tookSec, latencySec, services }: SimulatedFleet, price: number): string {
  const { p50, p95, p99, max } = latencySec;
  const sec = (value: number) => `${Math.round(value)} s`;
  const share = (part: number, of: number) => `${of > 0 ? Math.round((100 * part) / of) : 0} %`;
  const paidSec = services.reduce((sum, service) => sum + service.paidCpuSec, 0);
  const perMillion = tracks > 0 ? (priceOfCpu(paidSec, price) / tracks) * 1e6 : 0;
  const rows = services.map((of) => [
    of.name,
    of.replicas.mean.toFixed(1),
    String(of.replicas.most),
    share(of.usedCpuSec, of.paidCpuSec),
    share(of.lostCpuSec, of.paidCpuSec),
    String(of.preemptions),
  ]);
  return [
    `${tracks} tracks in ${(tookSec / 3_600).toFixed(1)} h: half of them done after ${sec(p50)}, 95 % after ${sec(p95)}, 99 % after ${sec(p99)}, all after ${sec(max)}`,
    `${perMillion.toFixed(2)} dollars of workers' CPUs per million tracks, at ${price} dollars per vCPU and hour`,
    "",
    formatColumns([["service", "workers", "at most", "busy", "lost", "preempted"], ...rows], {
      right: [1, 2, 3, 4, 5],
    }),
  ].join("\n");
}

function amount(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`expected a number from ${least}, got "${text}"`);
  };
}
