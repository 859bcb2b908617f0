import type { CatalogPlan, PlannedStep } from "@segue/plan";
import { describe, expect, test } from "vitest";
import { renderPlan } from "./render-plan.ts";

const decode: PlannedStep = {
  step: "decode",
  version: 1,
  runs: 1_200,
  why: { missing: 200, expired: 1_000 },
  cpuSecEach: 3,
  cpuSec: 3_600,
  gpuSecEach: 0,
  gpuSec: 0,
};
const embed: PlannedStep = { ...decode, step: "embed", cpuSec: 7_200, gpuSecEach: 1.5, gpuSec: 1_800 };

function planOf(...steps: PlannedStep[]): CatalogPlan {
  const sum = (of: "cpuSec" | "gpuSec") => steps.reduce((total, step) => total + (step[of] ?? 0), 0);
  const [cpuSec, gpuSec] = [sum("cpuSec"), sum("gpuSec")];
  return { targets: ["x"], masters: 2_000, complete: 800, unreachable: 0, steps, cpuSec, gpuSec };
}

const noPriceOfGpu = { perVcpuHour: 0.01, perGpuHour: undefined };
const lastLine = (text: string) => text.split("\n").at(-1);

describe("renderPlan", () => {
  test("shows what each step costs, and GPUs where a step asks for one", () => {
    expect(renderPlan(planOf(decode), noPriceOfGpu)).not.toMatch(/GPU/);
    const text = renderPlan(planOf(decode, embed), { perVcpuHour: 0.01, perGpuHour: 0.5 });
    expect(text).toMatch(/decode .*200 missing, 1,000 expired.* 1 h .* - .* - .* 0.01 /);
    expect(text).toMatch(/embed .* 2 h .* 1.50 s .* 1800.0 s .* 0.27 /);
    expect(lastLine(text)).toBe("in all 3 h of CPU, 1800.0 s of GPU, at a cost of 0.28");
  });

  test("says what a cost leaves out", () => {
    expect(lastLine(renderPlan(planOf(decode, embed), noPriceOfGpu))).toBe(
      "in all 3 h of CPU, 1800.0 s of GPU, at a cost of 0.03, without that of GPU",
    );
    const unknown = { ...embed, cpuSec: null, gpuSec: null, cpuSecEach: null, gpuSecEach: null };
    expect(lastLine(renderPlan(planOf(decode, unknown), noPriceOfGpu))).toBe(
      "in all 1 h of CPU, at a cost of 0.01, and what embed will take: never measured yet",
    );
  });
});
