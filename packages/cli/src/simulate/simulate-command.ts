import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { listPrices } from "@segue/plan/list-prices";
import type { SimulatedFleet } from "@segue/scaling/simulate";
import { type Fleet, usualMaxReplicas } from "@segue/step";
import { Command, InvalidArgumentError, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { formatColumns } from "../format-columns.ts";
import { targetsOption } from "../plan/selection-options.ts";
import { plotCourse } from "./plot-course.ts";

interface SimulateFlags {
  readonly tracks: number;
  readonly hours: number;
  readonly peak: number;
  readonly targets?: string[];
  readonly fleet?: string;
  readonly start: number;
  readonly preempted: number;
  readonly notice: number;
  readonly beside?: number;
  readonly onDemand: boolean;
  readonly byUrl?: "gs" | "https";
  readonly maxReplicas: number;
  readonly price?: number;
  readonly gpuPrice?: number;
  readonly seed: number;
  readonly plot?: string;
  readonly json: boolean;
}

interface Played {
  readonly fleet: Fleet;
  readonly simulated: SimulatedFleet;
}

const daySec = 86_400;

/** The quietest hour of a day comes first, the busiest half a day later. */
function daily(meanPerSec: number, peakTimes: number): (atSec: number) => number {
  return (atSec) => meanPerSec * (1 - (peakTimes - 1) * Math.cos((2 * Math.PI * atSec) / daySec));
}

/** What the queue's client takes a lease for while attempts are short, and extends it by, in s. */
const leaseSec = 10;

/** `segue simulate`: what a fleet would need and what it would cost, in virtual time. */
export function createSimulateCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue simulate --tracks 1000000 --hours 24 --peak 1.6 --plot day.svg":
      "7 million tracks a week, a day of it, drawn",
    "SEGUE_PLACEMENT=economy segue simulate --tracks 100000": "in the other placement",
    "segue simulate --preempted 2 --notice 0": "nodes that are taken away without notice, twice an hour each",
  });
  const { compute, gpu } = listPrices;
  return new Command("simulate")
    .summary("how many workers a load takes, how long tracks wait, what it costs")
    .description(
      "Plays a fleet in virtual time: tracks come in, workers of the steps' services are scaled as in a cluster, nodes are taken away. Nothing has to run.",
    )
    .option("--tracks <number>", "tracks of four minutes that come in altogether", amount(1), 10_000)
    .option("--hours <number>", "how long they come in", amount(0.01), 1)
    .option("--peak <times>", "how many times the mean comes in at the busiest hour of a day", peak, 1)
    .option(...targetsOption)
    .option(...fleetOption)
    .option("--start <seconds>", "from asking for a worker until it takes up work", amount(0), 60)
    .option("--preempted <times>", "how often an hour a worker's node is taken away", amount(0), 0.05)
    .option("--notice <seconds>", "how long it may go on then; 0: it is killed", amount(0), 12)
    .option(
      "--beside <seconds>",
      "what an attempt takes beside its CPU time; by default as the scaler reckons",
      amount(0),
    )
    .option("--on-demand", "workers on nodes that stay: their prices by the list", false)
    .option(
      "--price <amount>",
      `what a worker's vCPU costs per hour; by the list ${compute.spotVcpuHour} dollars, ${compute.onDemandVcpuHour} on demand`,
      amount(0),
    )
    .option(
      "--gpu-price <amount>",
      `what a worker's GPU costs per hour; by the list (${gpu.model}) ${gpu.spotHour} dollars, ${gpu.onDemandHour} on demand`,
      amount(0),
    )
    .addOption(byUrlOption())
    .addOption(maxReplicasOption())
    .option("--seed <number>", "of all that is random: the same one comes to the same", amount(0), 1)
    .option("--plot <file>", "draw workers and waiting work over time, as SVG")
    .option("--json", "print the figures as JSON", false)
    .addHelpText(
      "after",
      examples +
        exitCodesText({
          succeeded: "played",
          failed: "nothing comes to its end: workers are gone before they have done anything",
        }),
    )
    .action((flags: SimulateFlags) => runSimulate(context, flags));
}

async function runSimulate(context: CommandContext, flags: SimulateFlags): Promise<void> {
  const played = await play(context, flags);
  if (!played) return;
  const { fleet, simulated } = played;
  if (flags.plot !== undefined)
    await writeFile(resolve(context.config.cwd, flags.plot), `${plotCourse(simulated)}\n`);
  const { billSimulated } = await import("./bill-simulated.ts");
  const { bill, prices } = billSimulated(fleet, simulated, flags);
  const { course: _, ...figures } = simulated;
  if (flags.json) return writeJson(context, { ...figures, prices, bill });
  const { renderBill } = await import("./render-bill.ts");
  context.stdout.write(`${renderSimulated(simulated)}\n\n${renderBill(bill, prices)}\n`);
}

function byUrlOption(): Option {
  const words =
    "tracks are named by URL, so that no master passes the load balancer: gs is free, https passes Cloud NAT";
  return new Option("--by-url [scheme]", words).choices(["gs", "https"]).preset("https");
}

function maxReplicasOption(): Option {
  const words = "workers of a service at once, as the chart's autoscaling.maxReplicas";
  return new Option("--max-replicas <number>", words).argParser(wholeNumber).default(usualMaxReplicas);
}

/** @returns undefined where what was asked for is not there, which has been told. */
async function play(context: CommandContext, flags: SimulateFlags): Promise<Played | undefined> {
  const [{ loadFleet }, { besideSec, StuckError, servicesOf, simulate }, { ChainError }] = await Promise.all([
    import("@segue/step"),
    import("@segue/scaling/simulate"),
    import("@segue/chain"),
  ]);
  const fleet = await loadFleet(fleetUrlOf(flags.fleet, context.config.cwd), context.config.env);
  const durationSec = flags.hours * 3_600;
  try {
    const simulated = simulate({
      services: servicesOf(fleet, flags.targets, flags.maxReplicas),
      arrivalsPerSec: daily(flags.tracks / durationSec, flags.peak),
      durationSec,
      nodes: {
        startSec: flags.start,
        preemptionsPerHour: flags.preempted,
        noticeSec: flags.notice,
        leaseSec,
      },
      beside: { sec: flags.beside ?? besideSec, cpuSec: 0, awaited: 1 },
      seed: flags.seed,
    });
    return { fleet, simulated };
  } catch (error) {
    if (!(error instanceof ChainError || error instanceof StuckError)) throw error;
    context.stderr.write(`segue simulate: ${error.message}\n`);
    context.onExitCode(error instanceof StuckError ? commandExitCodes.failed : commandExitCodes.usage);
    return undefined;
  }
}

function renderSimulated({ tracks, tookSec, latencySec, services }: SimulatedFleet): string {
  const { p50, p95, p99, max } = latencySec;
  const sec = (value: number) => `${Math.round(value)} s`;
  const share = (part: number, of: number) => `${of > 0 ? Math.round((100 * part) / of) : 0} %`;
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
    "",
    formatColumns([["service", "workers", "at most", "busy", "lost", "preempted"], ...rows], {
      right: [1, 2, 3, 4, 5],
    }),
    ...services.filter(({ limitedSec }) => limitedSec > 0).map(renderLimit),
  ].join("\n");
}

/** That tracks wait for what is not to be had, not for what they take. */
function renderLimit({ name, limit, limitedSec }: SimulatedFleet["services"][number]): string {
  const minutes = Math.ceil(limitedSec / 60);
  return `\n${name}: more than its limit of ${limit} workers were wanted for ${minutes} min, and tracks waited (the chart's autoscaling.maxReplicas; --max-replicas)`;
}

function peak(text: string): number {
  const value = amount(1)(text);
  if (value <= 2) return value;
  throw new InvalidArgumentError(`expected a number from 1 to 2, got "${text}"`);
}

function wholeNumber(text: string): number {
  const value = amount(1)(text);
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`expected a whole number from 1, got "${text}"`);
}

function amount(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`expected a number from ${least}, got "${text}"`);
  };
}
