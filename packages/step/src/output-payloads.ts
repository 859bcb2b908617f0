import { join } from "node:path";
import { isOneKind, outputsOf, type Produces } from "@segue/contracts";
import type { StepContext } from "./step-context.ts";

/** By output: where its payload is written; the empty string for a kind without payload. */
export type OutputPaths = Readonly<Record<string, string>>;
/** By output: the yielded files of which its payload is made, where it is not at its path. */
export type Composed = Readonly<Record<string, readonly string[]>>;

type Maker = { readonly name: string; readonly produces: Produces };

/** In a directory, a file for each output with a payload, named for its kind. */
export function outputPathsIn(step: Pick<Maker, "produces">, dir: string, prefix = ""): OutputPaths {
  return Object.fromEntries(
    outputsOf(step).map(({ name, kind }) => [
      name,
      kind.payload ? join(dir, `${prefix}${kind.name}.${kind.payload.extension}`) : "",
    ]),
  );
}

/** What a step is told of its payloads, and what it has said of them by then. */
export function openOutputs(
  step: Maker,
  outputPaths: OutputPaths,
): {
  readonly context: Pick<StepContext, "outputPath" | "outputPaths" | "composeOutput">;
  composed(): Composed;
} {
  const composed: Record<string, readonly string[]> = {};
  const only = isOneKind(step.produces) ? step.produces.name : undefined;
  return {
    context: {
      outputPath: outputPaths[only ?? ""] ?? "",
      outputPaths,
      composeOutput(names, output = only) {
        if (output === undefined || !(output in outputPaths))
          throw new TypeError(
            `${step.name}: composeOutput: expected one of its outputs (${Object.keys(outputPaths).join(", ")}), got ${output ?? "none"}`,
          );
        composed[output] = [...names];
      },
    },
    composed: () => composed,
  };
}

/** What a step has returned of one output. */
export function factsIn(step: Pick<Maker, "produces">, result: unknown, output: string): unknown {
  if (isOneKind(step.produces)) return result;
  return typeof result === "object" && result !== null ? Reflect.get(result, output) : undefined;
}
