import type { PubSub } from "@google-cloud/pubsub";
import type { Topology } from "@segue/chain";
import { ForeignEditionError } from "@segue/contracts";
import { ensureTopology, mendBuckets, mendSubscriptions } from "@segue/launcher/ensure-topology";
import { refuseForeignCloud } from "@segue/launcher/refuse-foreign-cloud";
import type { ObjectStore } from "@segue/store";
import { Command } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { findCloudEnvironment } from "../fleet-api/find-cloud.ts";
import { fleetOption, fleetUrlOf } from "../fleet-option.ts";
import { sayCloudError } from "../say-cloud-error.ts";
import type { Finding } from "./compare-topology.ts";

interface Flags {
  readonly create: boolean;
  readonly changeSubscriptions: boolean;
  readonly changeBuckets: boolean;
  readonly fleet?: string;
  readonly json: boolean;
}

const codes = exitCodesText({
  succeeded: "the project has all that the chain needs",
  failed: "something is missing or differs",
  unreachable: "the cloud could not be reached, or refused",
});

/** `segue verify`: does a project have what the chain needs? */
export function createVerifyCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue verify": "what is missing of topics, subscriptions, buckets, lifecycle rules and grants",
    "segue verify --create": "and make it; what is there stays as it is",
    "segue verify --change-buckets": "have the scratch bucket drop what it holds as the chain needs it",
    "segue verify --create --fleet team.config.ts": "for a step that is about to join",
    "GOOGLE_CLOUD_PROJECT=my-project segue verify": "of a project of Google Cloud",
  });
  return new Command("verify")
    .summary("whether a project has the topics, subscriptions, buckets and grants that the chain needs")
    .description(
      "Compares a project with what derives from the chain. It asks the cloud that services would use: see\n" +
        "GOOGLE_CLOUD_PROJECT, SEGUE_PREFIX, SEGUE_BUCKET_PREFIX, PUBSUB_EMULATOR_HOST and SEGUE_GCS_ENDPOINT. What is there is changed by the\n" +
        "options that say so alone; the buckets of masters, assets and records never are. Nothing is deleted.",
    )
    .option("--create", "make what is missing, and change nothing", false)
    .option(
      "--change-subscriptions",
      "give subscriptions what they have otherwise, topic and filter aside",
      false,
    )
    .option(
      "--change-buckets",
      "give the scratch bucket its lifecycle rule and no soft delete; its other rules stay",
      false,
    )
    .option(...fleetOption)
    .option("--json", "print an array of findings { resource, problem, detail, remedy } as JSON", false)
    .addHelpText("after", examples + codes)
    .action((flags: Flags) => runVerify(context, flags));
}

async function runVerify(context: CommandContext, flags: Flags): Promise<void> {
  try {
    const { findings, looked } = await verify(context, flags);
    if (flags.json) writeJson(context, findings);
    else context.stdout.write(`${renderFindings(findings, looked)}\n`);
    if (findings.some(({ problem }) => problem !== "unknown")) context.onExitCode(commandExitCodes.failed);
  } catch (error) {
    context.stderr.write(`segue verify: ${sayCloudError(error)}\n`);
    context.onExitCode(commandExitCodes.unreachable);
  }
}

async function verify(
  context: CommandContext,
  flags: Flags,
): Promise<{ findings: Finding[]; looked: string }> {
  const [
    chainPackage,
    { loadFleet },
    { readRunnerConfig },
    { createPubSub },
    { createObjectStore },
    { checkGrants, readCloud },
    compare,
  ] = await Promise.all([
    import("@segue/chain"),
    import("@segue/step"),
    import("@segue/host"),
    import("@segue/queue"),
    import("@segue/store"),
    import("./read-cloud.ts"),
    import("./compare-topology.ts"),
  ]);
  const env = await findCloudEnvironment(context.config);
  const config = readRunnerConfig(env);
  const { chain } = await loadFleet(fleetUrlOf(flags.fleet, context.config.cwd));
  const names = chainPackage.createNames(config);
  const topology = chainPackage.deriveTopology(chain, names);
  const { topics, subscriptions, buckets } = topology;
  const looked = `${topics.length} topics, ${subscriptions.length} subscriptions, ${buckets.length} buckets of ${config.projectId}`;
  const emulator = env.PUBSUB_EMULATOR_HOST;
  const pubsub = createPubSub(
    config.projectId,
    emulator ? { apiEndpoint: emulator, emulatorMode: true } : {},
  );
  const store = createObjectStore({ projectId: config.projectId, apiEndpoint: config.gcsEndpoint });
  try {
    await refuseForeignCloud(pubsub, store, names);
    let cloud = await readCloud(pubsub, store, topology);
    const isChanged = await mend(
      { pubsub, store, topology },
      flags,
      compare.compareTopology(topology, cloud),
    );
    if (isChanged) cloud = await readCloud(pubsub, store, topology);
    return {
      findings: [
        ...compare.compareTopology(topology, cloud),
        ...(await checkGrants(pubsub, store, topology, cloud)),
      ],
      looked,
    };
  } catch (error) {
    if (!(error instanceof ForeignEditionError)) throw error;
    const { detail, remedy } = error;
    return { findings: [{ resource: "edition", problem: "differs", detail, remedy }], looked };
  } finally {
    await pubsub.close();
  }
}

interface Project {
  readonly pubsub: PubSub;
  readonly store: ObjectStore;
  readonly topology: Topology;
}

/** Makes and changes what the options say, and nothing else. @returns whether they say anything. */
async function mend(
  { pubsub, store, topology }: Project,
  { create, changeSubscriptions, changeBuckets }: Flags,
  findings: readonly Finding[],
): Promise<boolean> {
  const differing = new Set(
    findings.flatMap(({ problem, resource }) => (problem === "differs" ? [resource] : [])),
  );
  if (create) await ensureTopology(pubsub, store, topology);
  if (changeSubscriptions) {
    const specs = topology.subscriptions.filter(({ name }) => differing.has(`subscription ${name}`));
    await mendSubscriptions(pubsub, specs);
  }
  if (changeBuckets) {
    const specs = topology.buckets.filter(({ name }) => differing.has(`bucket ${name}`));
    await mendBuckets(store, specs);
  }
  return create || changeSubscriptions || changeBuckets;
}

function renderFindings(findings: readonly Finding[], looked: string): string {
  const lines = findings.map(({ resource, problem, detail, remedy }) =>
    [`${problem}: ${resource}: ${detail}`, ...(remedy === null ? [] : [`  ${remedy}`])].join("\n"),
  );
  const wrong = findings.filter(({ problem }) => problem !== "unknown");
  const canCreate = wrong.some(({ remedy }) => remedy === null);
  const end =
    wrong.length === 0
      ? `${looked}: all there`
      : `${looked}: ${wrong.length} to be mended${canCreate ? "; `segue verify --create` makes what is missing" : ""}`;
  return [...lines, end].join("\n");
}
