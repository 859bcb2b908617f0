import type { SymbolicTensor } from "@tensorflow/tfjs-layers";

type Applicable = { name: string; apply(x: SymbolicTensor | SymbolicTensor[]): unknown };

/** Applies a layer that has one output to symbolic input. */
export function applyLayer(layer: Applicable, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
  const output = layer.apply(x);
  if (!isSymbolic(output)) throw new TypeError(`layer ${layer.name} did not give one symbolic tensor`);
  return output;
}

function isSymbolic(output: unknown): output is SymbolicTensor {
  return typeof output === "object" && output !== null && "sourceLayer" in output;
}
