import { describe, expect, test } from "vitest";
import { besideSec, type Scenario, type SimulatedService, StuckError, simulate } from "./index.ts";

const decode: SimulatedService = {
  name: "decode",
  steps: [{ name: "decode", after: [], cpuSec: 1 }],
  settings: { slots: 1, cores: 1, besideSec, waitSec: 60, minReplicas: 0, maxReplicas: null },
};
const analysis: SimulatedService = {
  name: "analysis",
  steps: [
    { name: "tempo", after: ["decode"], cpuSec: 0.5 },
    { name: "key", after: ["decode"], cpuSec: 0.25 },
  ],
  settings: { slots: 1, cores: 1, besideSec, waitSec: 60, minReplicas: 0, maxReplicas: null },
};
const calm: Scenario = {
  services: [decode, analysis],
  arrivalsPerSec: () => 5,
  durationSec: 3_600,
  nodes: { startSec: 20, preemptionsPerHour: 0, noticeSec: 12, leaseSec: 60 },
  beside: { sec: 0.2, cpuSec: 0, awaited: 1 },
  seed: 1,
};
const fixed = (service: SimulatedService, replicas: number): SimulatedService => ({
  ...service,
  settings: { ...service.settings, minReplicas: replicas, maxReplicas: replicas },
});
const only = (service: SimulatedService, changes: Partial<Scenario>) =>
  simulate({ ...calm, services: [service], ...changes });

describe("a fleet in virtual time", () => {
  test("the same seed comes to the same, another one to something else", () => {
    expect(simulate(calm)).toEqual(simulate(calm));
    expect(simulate({ ...calm, seed: 2 })).not.toEqual(simulate(calm));
  });

  test("every track is made to its end, and its work is the work of its steps", () => {
    const { tracks, services } = simulate(calm);
    expect(tracks).toBeGreaterThan(17_500);
    expect(tracks).toBeLessThan(18_500);
    const [decoding, analysing] = services;
    // Attempts differ; the mean of very many is what a step costs.
    expect((decoding?.usedCpuSec ?? 0) / tracks).toBeCloseTo(1, 1);
    expect((analysing?.usedCpuSec ?? 0) / tracks).toBeCloseTo(0.75, 1);
    expect(decoding?.lostCpuSec).toBe(0);
  });

  test.each([
    ["of one length", { spread: 0 }, 0],
    ["as different as usual", {}, 0.35],
    ["very different", { spread: 0.8 }, 0.8],
  ])(
    "a queue with random arrivals and one server waits as long as theory has it: attempts %s",
    (_, told, spread) => {
      // Pollaczek and Khinchine: the mean wait is rate x E[s^2] / (2 (1 - load)); all of an attempt is its CPU time.
      const { latencySec } = only(fixed(decode, 1), {
        arrivalsPerSec: () => 0.5,
        durationSec: 400_000,
        beside: { sec: 0, cpuSec: 0, awaited: 1 },
        ...told,
      });
      const wait = (0.5 * Math.exp(spread ** 2)) / (2 * (1 - 0.5));
      expect((latencySec.mean - 1) / wait).toBeGreaterThan(0.95);
      expect((latencySec.mean - 1) / wait).toBeLessThan(1.05);
    },
  );

  test("as many come in as are asked for, although at first hardly any do", () => {
    const rising = (atSec: number) => (2 * atSec) / 36_000;
    const { tracks } = only(decode, { arrivalsPerSec: rising, durationSec: 36_000 });
    expect(tracks).toBeGreaterThan(36_000 * 0.97);
    expect(tracks).toBeLessThan(36_000 * 1.03);
  });

  test("where what comes in grows, workers are asked for, and nothing waits for long", () => {
    const { latencySec, services } = simulate({
      ...calm,
      arrivalsPerSec: (atSec) => (atSec < 1_800 ? 1 : 20),
    });
    expect(services[0]?.replicas.most).toBeGreaterThan(20);
    // Two services, a minute each, and a start before the first of them.
    expect(latencySec.p99).toBeLessThan(240);
  });

  test("attempts that are short beside what they wait for keep up too, and their tracks wait no longer than they may", () => {
    const brief = { ...decode, steps: [{ name: "decode", after: [], cpuSec: 0.02 }] };
    const { latencySec } = only(brief, {
      arrivalsPerSec: () => 20,
      beside: { sec: besideSec, cpuSec: 0, awaited: 1 },
    });
    expect(latencySec.p95).toBeLessThan(brief.settings.waitSec);
  });

  test("a worker that has more in hand than cores does no more than those can do", () => {
    const eight = fixed({ ...decode, settings: { ...decode.settings, slots: 8 } }, 1);
    const beside = { sec: 0, cpuSec: 0, awaited: 1 };
    const { services, tracks, tookSec } = only(eight, { arrivalsPerSec: () => 2, durationSec: 600, beside });
    const [pool] = services;
    expect(tracks).toBeGreaterThan(1_000);
    expect(tookSec).toBeGreaterThan(tracks * 0.95);
    expect((pool?.usedCpuSec ?? 0) / (pool?.paidCpuSec ?? 0)).toBeLessThanOrEqual(1);
    // What they wait for beside goes on at the same time.
    const waits = { ...beside, sec: 7 };
    const brief = { ...eight, steps: [{ name: "decode", after: [], cpuSec: 0.1 }] };
    const one = { ...brief, settings: { ...brief.settings, slots: 1 } };
    const load: Partial<Scenario> = { arrivalsPerSec: () => 0.5, durationSec: 600, beside: waits };
    expect(only(brief, load).latencySec.p50).toBeLessThan(10);
    expect(only(one, load).latencySec.p50).toBeGreaterThan(100);
    // Taken away, they give back what they have not done.
    const killed = { ...calm.nodes, startSec: 1, leaseSec: 10, preemptionsPerHour: 60, noticeSec: 0 };
    const again = only(eight, { arrivalsPerSec: () => 0.5, durationSec: 3_600, beside, nodes: killed });
    expect(again.services[0]?.lostCpuSec).toBeGreaterThan(1);
    expect((again.services[0]?.usedCpuSec ?? 0) / again.tracks).toBeCloseTo(1, 1);
  });

  test("workers that are gone before they have done anything are told, and not waited for", () => {
    const nodes = { startSec: 60, preemptionsPerHour: 3_600, noticeSec: 0, leaseSec: 10 };
    expect(() => only(fixed(decode, 1), { nodes, durationSec: 600 })).toThrow(StuckError);
    expect(() => only(fixed(decode, 1), { nodes, durationSec: 600 })).toThrow(
      /taken away 3600 times an hour/,
    );
    // A long pause in which nothing is to be done is none of these.
    const late = { arrivedAtSec: [10, 100_000], nodes: { ...nodes, preemptionsPerHour: 0 } };
    expect(only(fixed(decode, 1), late).tracks).toBe(2);
  });

  test("where as much comes in all the time, there are hardly ever twice as many as it takes", () => {
    const { course, services } = only(decode, { arrivalsPerSec: () => 40, durationSec: 14_400 });
    const settled = course.filter(({ atSec }) => atSec > 3_600 && atSec < 14_400);
    const often = settled.filter(({ replicas }) => (replicas[0] ?? 0) < 2 * 40 * (1 + besideSec)).length;
    expect(often / settled.length).toBeGreaterThan(0.8);
    expect((services[0]?.usedCpuSec ?? 0) / (services[0]?.paidCpuSec ?? 1)).toBeGreaterThan(0.45);
  });

  test("where nothing comes in any more, all go", () => {
    const quiet = simulate({ ...calm, arrivalsPerSec: (atSec) => (atSec < 600 ? 5 : 0), durationSec: 7_200 });
    const busy = simulate({ ...calm, durationSec: 600 });
    expect(quiet.services[0]?.paidCpuSec).toBeLessThan((busy.services[0]?.paidCpuSec ?? 0) + 8 * 900);
  });

  test("nodes that are taken away lose time and no track; less of it where they are told before", () => {
    const nodes = { ...calm.nodes, preemptionsPerHour: 20 };
    const told = simulate({ ...calm, nodes });
    const killed = simulate({ ...calm, nodes: { ...nodes, noticeSec: 0 } });
    expect(told.tracks).toBeGreaterThan(17_500);
    expect(killed.tracks).toBeGreaterThan(17_500);
    expect(told.services[0]?.preemptions).toBeGreaterThan(50);
    // No attempt is longer than a drain.
    expect(told.services[0]?.lostCpuSec).toBe(0);
    expect(killed.services[0]?.lostCpuSec).toBeGreaterThan(0);
    expect(killed.latencySec.max).toBeGreaterThan(60);
  });

  test("a step begins when all before it are done, wherever they are", () => {
    const slow = { ...decode, steps: [{ name: "decode", after: [], cpuSec: 30 }] };
    const { latencySec } = simulate({
      ...calm,
      services: [fixed(slow, 50), fixed(analysis, 50)],
      arrivalsPerSec: () => 0.1,
    });
    expect(latencySec.p50).toBeGreaterThan(25);
  });

  test("what is told after an attempt keeps its worker from nothing, where it is apart", () => {
    const burst = (isApart: boolean): Scenario => ({
      ...calm,
      services: [fixed(decode, 1)],
      arrivalsPerSec: (atSec: number) => (atSec < 1 ? 40 : 0),
      durationSec: 2,
      beside: { sec: 4, cpuSec: 0, awaited: 1, isApart },
    });
    const [held, apart] = [false, true].map((isApart) => simulate(burst(isApart)));
    const { tracks = 0, tookSec = 0, latencySec } = apart ?? {};
    expect(tracks).toBeGreaterThan(20);
    expect(tookSec - calm.nodes.startSec).toBeLessThan(tracks * 1.2 + 4);
    expect(latencySec?.p50).toBeGreaterThan(4);
    expect(held?.tookSec).toBeGreaterThan(tracks * 4.5);
    // Work is counted once.
    expect(apart?.services[0]?.usedCpuSec).toBeCloseTo(held?.services[0]?.usedCpuSec ?? 0, 0);
  });

  test("on one machine all share its cores: no more is done than those can do, and nearly that", () => {
    const cores = 2;
    const burst = {
      ...calm,
      services: [fixed(decode, 3), fixed(analysis, 3)],
      arrivalsPerSec: (atSec: number) => (atSec < 1 ? 100 : 0),
      durationSec: 2,
      beside: { sec: 0, cpuSec: 0.1, awaited: 1 },
      machine: { cores, yields: cores },
      nodes: { ...calm.nodes, startSec: 0 },
    };
    const { tracks, tookSec, services } = simulate(burst);
    expect(tracks).toBeGreaterThan(50);
    const usedSec = services.reduce((sum, { usedCpuSec }) => sum + usedCpuSec, 0) + tracks * 3 * 0.1;
    expect(tookSec).toBeGreaterThanOrEqual(usedSec / cores);
    expect(tookSec).toBeLessThan((usedSec / cores) * 1.1);
    const alone = simulate({ ...burst, machine: { cores: 1, yields: 1 } });
    expect(alone.tookSec / tookSec).toBeGreaterThan(1.8);
    const crowded = simulate({ ...burst, machine: { cores, yields: 1.5 } });
    expect(crowded.tookSec / tookSec).toBeGreaterThan((2 / 1.5) * 0.95);
    expect(crowded.tookSec / tookSec).toBeLessThan(2 / 1.5);
    // What can use both cores at once is done in half the time where nothing else is.
    const wide = { ...decode, steps: [{ name: "decode", after: [], cpuSec: 10, width: 2 }] };
    const lone = { ...burst, services: [fixed(wide, 1)], arrivalsPerSec: () => 0.001, durationSec: 20_000 };
    expect(simulate(lone).latencySec.p50).toBeLessThan(7);
  });

  test("what a preemption takes from a shared machine is computed again, and nothing else waits for it", () => {
    const scenario: Scenario = {
      ...calm,
      services: [fixed(decode, 2)],
      arrivalsPerSec: () => 1,
      durationSec: 3_600,
      machine: { cores: 2, yields: 2 },
      beside: { sec: 0, cpuSec: 0, awaited: 1 },
      nodes: { startSec: 1, preemptionsPerHour: 60, noticeSec: 0, leaseSec: 10 },
    };
    const { tracks, services } = simulate(scenario);
    expect(tracks).toBeGreaterThan(3_300);
    expect(services[0]?.preemptions).toBeGreaterThan(60);
    expect(services[0]?.lostCpuSec).toBeGreaterThan(10);
    expect((services[0]?.usedCpuSec ?? 0) / tracks).toBeCloseTo(1, 1);
  });

  test("workers that were taken away when it was recorded are gone until another has started, which comes when they have ended", () => {
    const { latencySec, services } = simulate({
      ...calm,
      services: [fixed(decode, 1)],
      arrivedAtSec: [1_000, 2_000, 3_000],
      beside: { sec: 0, cpuSec: 0, awaited: 1 },
      takenAtSec: new Map([["decode", [1_999]]]),
      nodes: { ...calm.nodes, startSec: 30 },
    });
    expect(services[0]?.preemptions).toBe(1);
    expect(latencySec.max).toBeGreaterThan(29);
    expect(latencySec.max).toBeLessThan(33);
    expect(latencySec.p50).toBeLessThan(3);
    const inHand = (startsNextWhenGone: boolean) =>
      simulate({
        ...calm,
        services: [fixed({ ...decode, steps: [{ name: "decode", after: [], cpuSec: 25 }] }, 1)],
        arrivedAtSec: [1_000, 1_001],
        beside: { sec: 0, cpuSec: 0, awaited: 1 },
        takenAtSec: new Map([["decode", [1_000.5]]]),
        nodes: { ...calm.nodes, startSec: 30, noticeSec: 100, startsNextWhenGone },
      });
    const slowest = inHand(true);
    // What it had in hand is done before it ends, and nobody starts another one beside the one that is to come.
    expect(slowest.services[0]?.replicas.most).toBe(1);
    expect(slowest.latencySec.max - inHand(false).latencySec.max).toBeGreaterThan(3);
  });
});
