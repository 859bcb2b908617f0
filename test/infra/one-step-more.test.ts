// A step that `segue new step` has made is in the chain, the queue, grants, chart and infrastructure; and nothing else is new there.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FleetSpec } from "@segue/contracts/fleet-spec";
import { topology } from "@segue/infra";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyProject, type ProjectCopy } from "../../packages/cli/src/testing/project-copy.ts";
import { runCli } from "../../packages/cli/src/testing/run-cli.ts";
import { settings } from "../../packages/infra/src/fixtures/fleets.ts";
import { missingHelm, renderChart } from "../helm/render-chart.ts";
import { specOf } from "../support/project-spec.ts";

const step = "try-one-more";
if (missingHelm) console.warn(`the chart is not compared: ${missingHelm}`);

let project: ProjectCopy;
let before: FleetSpec;
let after: FleetSpec;
beforeAll(async () => {
  project = await copyProject();
  const made = await runCli(["new", "step", step, "--consumes", "mono16k", "--project", project.path]);
  expect(made).toMatchObject({ code: 0 });
  await project.link(join(project.path, "services", step));
  await project.link(project.path);
  before = await specOf();
  after = await specOf("default", pathToFileURL(join(project.path, "segue.config.ts")).href);
});
afterAll(() => project[Symbol.asyncDispose]());

/** Names that there were not, and that there are no more. */
function changes(was: readonly string[], is: readonly string[]) {
  return { new: is.filter((name) => !was.includes(name)), gone: was.filter((name) => !is.includes(name)) };
}
const named = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name);

test("of the specification: its service, its topics, and subscriptions to what it consumes and to its tasks", () => {
  expect(changes(named(before.services), named(after.services))).toEqual({ new: [step], gone: [] });
  const topics = changes(named(before.topics), named(after.topics));
  expect(topics.gone).toEqual([]);
  expect(topics.new.toSorted()).toEqual([`segue.tasks.${step}`, `segue.${step}`]);
  const subscriptions = changes(named(before.subscriptions), named(after.subscriptions));
  expect(subscriptions.gone).toEqual([]);
  expect(subscriptions.new.length).toBeGreaterThan(1);
  for (const name of subscriptions.new) expect(name).toContain(step);
  expect(changes(named(before.buckets), named(after.buckets))).toEqual({ new: [], gone: [] });
});

test("of grants: its own, and for others the right to send it tasks", () => {
  const grantsOf = ({ services }: FleetSpec) =>
    services.flatMap(({ name, grants }) => [
      ...grants.publish.map((topic) => `${name} publishes ${topic}`),
      ...grants.consume.map((subscription) => `${name} consumes ${subscription}`),
    ]);
  const grants = changes(grantsOf(before), grantsOf(after));
  expect(grants.gone).toEqual([]);
  const ofOthers = grants.new.filter((grant) => !grant.startsWith(`${step} `));
  expect(ofOthers.length).toBeGreaterThan(0);
  for (const grant of ofOthers) expect(grant).toMatch(new RegExp(`publishes segue\\.(tasks\\.)?${step}$`));
});

test.skipIf(missingHelm)("of the chart: what each service has", () => {
  const image = { repository: "registry.example/segue/fleet", tag: "1" };
  const render = (fleet: FleetSpec) =>
    renderChart({ fleet, image, autoscaling: { by: "keda" } }).map(
      ({ kind, metadata }) => `${kind} ${metadata.name}`,
    );
  const kinds = ["Deployment", "NetworkPolicy", "ScaledObject", "ServiceAccount"];
  const chart = changes(render(before), render(after));
  expect({ ...chart, new: chart.new.toSorted() }).toEqual({
    new: kinds.map((kind) => `${kind} music-${step}`),
    gone: [],
  });
});

test("of infrastructure: its account, its roles and its queue, and nothing of others is made anew", () => {
  const was = topology(before, settings);
  const is = topology(after, settings);
  const made = changes(named(was), named(is));
  expect(made.gone).toEqual([]);
  expect(made.new).toContain(`account/${step}`);
  for (const name of made.new) expect(name).toContain(step);
  const changed = is.filter(({ name, args }) => {
    const earlier = was.find((each) => each.name === name);
    return earlier && JSON.stringify(earlier.args) !== JSON.stringify(args);
  });
  expect(named(changed)).toEqual([]);
});
