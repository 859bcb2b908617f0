import type { Check } from "./invariants.ts";
import { countPreemptions, type FaultKind, faultKinds } from "./ledger.ts";
import type { ChaosResult } from "./run-chaos.ts";
import { formatSpread, formatTable } from "./table.ts";

const maxShown = 8;

/** The whole account, as Markdown. */
export function formatReport(result: ChaosResult): string {
  const { options, ledger } = result;
  const command = `npm run chaos -- --minutes ${options.minutes} --seed ${options.seed} --tracks ${options.tracks} --pubsub ${options.pubsub} --placed ${options.placed}`;
  return [
    "# Chaos run",
    "",
    `\`${command}\`: ${countPreemptions(ledger)} preemptions in ${Math.round(result.stormSec)} s, ${result.accepted.length} tracks ` +
      `accepted (${result.retriedPosts} submissions tried again); the last one ended ${result.settleSec.toFixed(1)} s after the last fault.`,
    "",
    "## Invariants",
    "",
    formatTable(["invariant", "looked at", "result"], result.checks.map(describeCheck)),
    "",
    "## Faults and recoveries",
    "",
    "A process has recovered when its replacement is ready; the cloud, when the next step's outcome is published.",
    "",
    formatTable(
      ["fault", "what", "injected", "recovery p50", "recovery max"],
      (Object.keys(faultKinds) as FaultKind[]).map((kind) => {
        const { count = 0, recoveriesMs = [] } = ledger.faults.get(kind) ?? {};
        return [kind, faultKinds[kind].what, String(count), ...formatSpread(recoveriesMs)];
      }),
    ),
    "",
    "## Drains: SIGTERM to exit, with the whole notice",
    "",
    formatTable(
      ["service", "drains", "p50", "max"],
      [...ledger.drains].map(([service, drains]) => [
        service,
        String(drains.length),
        ...formatSpread(drains.map(({ ms }) => ms)),
      ]),
    ),
    "",
    "## Tracks, from acceptance to the last result",
    "",
    formatTable(
      ["run", "tracks", "p50", "max", "steps computed", "computed again"],
      [
        ["undisturbed", ...describeTracks(result.calm.catalog)],
        ["disturbed", ...describeTracks(result.storm.catalog)],
      ],
    ),
    "",
    "## Repairs by the reconciler",
    "",
    formatTable(
      ["what", "tracks answered with 202", "tracks written, not answered"],
      describeRepairs(result),
    ),
    "",
    "## Objects",
    "",
    formatTable(
      ["what", "objects"],
      [...result.objectCounts].sort().map(([what, count]) => [what, String(count)]),
    ),
    "",
    ...result.checks.filter(({ violations }) => violations.length > 0).map(describeViolations),
  ].join("\n");
}

function describeCheck({ name, looked, violations }: Check): string[] {
  return [name, looked, violations.length === 0 ? "holds" : `**${violations.length} violations**`];
}

function describeRepairs({ accepted, storm }: ChaosResult): string[][] {
  const known = new Set(accepted);
  return ["found-in-storage", "announced-again", "stuck"].map((kind) => {
    const tracks = storm.catalog.repairs.filter((repair) => repair.kind === kind);
    const answered = tracks.filter(({ track_id }) => known.has(track_id)).length;
    return [kind, String(answered), String(tracks.length - answered)];
  });
}

function describeViolations({ name, violations }: Check): string {
  const shown = violations.slice(0, maxShown).map((line) => `- ${line}`);
  const more = violations.length > maxShown ? [`- and ${violations.length - maxShown} more`] : [];
  return [`### Violated: ${name}`, "", ...shown, ...more, ""].join("\n");
}

function describeTracks({ tracks, computed }: ChaosResult["calm"]["catalog"]): string[] {
  const took = tracks.flatMap(({ tookMs }) => tookMs ?? []);
  const times = computed.reduce((sum, row) => sum + row.times, 0);
  return [
    String(tracks.length),
    ...formatSpread(took),
    String(computed.length),
    String(times - computed.length),
  ];
}
