import { Master } from "@segue/contracts";
import { projectFleetUrl } from "@segue/launcher/project-fleet";
import { loadFleet } from "@segue/step";
import { expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";
import { describeChain } from "./describe-chain.ts";
import { renderGraphSvg } from "./graph-svg.ts";
import { layoutGraph } from "./layout-graph.ts";

const { chain } = await loadFleet(projectFleetUrl);

test("as text it lists every step with its version, kinds and budget", async () => {
  const { code, stdout } = await runCli(["graph"]);
  expect(code).toBe(0);
  const lines = stdout.split("\n");
  expect(lines[0]).toMatch(/^STEP +VERSION +SERVICE +CONSUMES +PRODUCES +KEPT +BUDGET$/);
  chain.steps.forEach((step, i) => {
    const [name, version, ...rest] = lines[i + 1]?.split(/\s{2,}/) ?? [];
    expect([name, version]).toEqual([step.name, String(step.version)]);
    expect(rest.at(-1)).toBe(`${step.budget.timeMs / 1000} s, ${step.budget.memoryMiB} MiB`);
  });
  expect(stdout).toContain(`targets: ${chain.targets.join(", ")}`);
});

test("as JSON it is the chain as data", async () => {
  const { stdout } = await runCli(["graph", "--json"]);
  const graph: unknown = JSON.parse(stdout);
  expect(graph).toMatchObject({
    steps: chain.steps.map(({ name, version, budget }) => ({ name, version, budget })),
    targets: chain.targets,
    defaultTargets: chain.defaultTargets,
  });
  expect(graph).toHaveProperty(
    "steps",
    expect.arrayContaining([
      expect.objectContaining({ name: "encode", consumes: ["master", "pcm"], triggers: ["pcm"] }),
    ]),
  );
});

test("as Mermaid and as SVG it has a line for every input of every step", async () => {
  const inputs = chain.steps.reduce((sum, step) => sum + Object.keys(step.consumes).length, 0);
  const { stdout: mermaid } = await runCli(["graph", "--format", "mermaid"]);
  expect(mermaid).toMatch(/^flowchart LR\n/);
  expect(mermaid.match(/\|[a-z0-9-]+\|/g)).toHaveLength(inputs);
  const { stdout: svg } = await runCli(["graph", "--format", "svg"]);
  expect(svg.match(/marker-end/g)).toHaveLength(inputs);
  for (const { name, version } of chain.steps) expect(svg).toContain(`>${name} v${version}<`);
});

test("text in the picture is escaped", () => {
  const budget = { timeMs: 10_000, memoryMiB: 1 };
  const master = { name: Master.name, retention: Master.retention, contentType: null };
  const odd = { name: "a<b&c", retention: "derivative" as const, contentType: null };
  const step = {
    name: "x",
    version: 1,
    service: "x",
    consumes: ["master"],
    triggers: ["master"],
    produces: [odd],
    budget,
    accelerator: "gpu" as const,
  };
  const svg = renderGraphSvg({ steps: [step], kinds: [master, odd], targets: [], defaultTargets: [] });
  expect(svg).toContain("makes a&lt;b&amp;c");
  expect(svg).not.toContain("a<b");
  expect(svg).toContain("10 s, 1 MiB, GPU");
});

test("steps stand behind their inputs, no two places are one, and no line of the chain crosses another", async () => {
  const graph = describeChain(await loadFleet(projectFleetUrl));
  const { places, routes } = layoutGraph(graph);
  const spots = [...places.values()].map(({ layer, row }) => `${layer}/${row}`);
  expect(new Set(spots).size).toBe(spots.length);
  const pieces = routes.flatMap(({ places: on }) =>
    on.slice(1).flatMap((to, i) => {
      const from = on[i];
      return from ? [{ from, to }] : [];
    }),
  );
  for (const { from, to } of pieces) expect(to.layer).toBe(from.layer + 1);
  const crossing = pieces.filter((a) =>
    pieces.some(
      (b) => a.from.layer === b.from.layer && (a.from.row - b.from.row) * (a.to.row - b.to.row) < 0,
    ),
  );
  expect(crossing).toEqual([]);
});

test("exit code 2 for a format and a command that do not exist", async () => {
  expect(await runCli(["graph", "--format", "png"])).toMatchObject({ code: 2, stdout: "" });
  expect(await runCli(["grpah"])).toMatchObject({ code: 2, stderr: expect.stringContaining("graph") });
  expect(await runCli(["graph", "--help"])).toMatchObject({ code: 0, stderr: "" });
});
