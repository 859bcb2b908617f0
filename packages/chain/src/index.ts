export { addressOf, addressText, canonicalJson } from "./address.ts";
export { type Chain, ChainError, createChain, inputAddresses } from "./chain.ts";
export { createLiveChain, type LeftOut, type LiveChain } from "./live-chain.ts";
export { recipesOf } from "./recipe.ts";
export * from "./topology.ts";
