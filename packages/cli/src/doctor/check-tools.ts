import { chooseFfmpeg, ffmpegFamily, readAudioConfig } from "@segue/audio";
import type { AnyStep, Fleet } from "@segue/step";
import { checkModels, describeProblem } from "../models/check-models.ts";
import { attempt, type Finding, ok, problem, warning } from "./finding.ts";

export async function checkFfmpeg(env: NodeJS.ProcessEnv): Promise<Finding> {
  const remedy = "install ffmpeg, or set FFMPEG_BIN to one that runs";
  let caution: string | null = null;
  const finding = await attempt("ffmpeg", remedy, async () => {
    const ffmpeg = await chooseFfmpeg(readAudioConfig(env).ffmpegBin);
    caution = ffmpeg.warning;
    return `${ffmpeg.version}, of family ${ffmpegFamily(ffmpeg.version)}, ${ffmpeg.path} (${ffmpeg.source})`;
  });
  return caution === null ? finding : warning("ffmpeg", `${finding.detail}: ${caution}`, remedy);
}

/** Whether the weights here are those that the chain names. */
export async function checkWeights({ chain }: Fleet): Promise<Finding[]> {
  const models = await checkModels(chain.steps);
  return models.map((model): Finding => {
    const check = `model ${model.name} ${model.version}`;
    const wrong = describeProblem(model);
    if (wrong !== null) {
      return problem(check, wrong, "restore the file, or raise the model's version with its own manifest");
    }
    return ok(check, model.state === "match" ? "the weights match their digest" : "no weights file is named");
  });
}

/**
 * Sets every step up as a worker does, one after the other: a library that is missing, a program, a backend that does
 * not start, a model that does not load come to light here.
 */
export async function checkSteps({ chain }: Fleet): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const step of chain.steps) findings.push(await checkStep(step));
  return findings;
}

function checkStep(step: AnyStep): Promise<Finding> {
  const remedy = "see the error; if a package is missing, `npm start` installs what the project needs";
  return attempt(`step ${step.name}`, remedy, async () => {
    const startedAt = performance.now();
    await step.setup();
    return `version ${step.version}, set up in ${Math.round(performance.now() - startedAt)} ms`;
  });
}
