export { addressOf, addressText, canonicalJson, outputAddress, outputText } from "./address.ts";
export { type Chain, ChainError, createChain, inputAddresses } from "./chain.ts";
export { describeRequest } from "./describe-request.ts";
export { createLiveChain, type LeftOut, type LiveChain } from "./live-chain.ts";
export { locate, type Place } from "./locate.ts";
export { describeOutputs, outputAddresses } from "./output-addresses.ts";
export { planRequest, type RequestDetails } from "./plan-request.ts";
export { recipesOf } from "./recipe.ts";
export * from "./topology.ts";
