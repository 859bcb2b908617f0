export { addressOf, addressText, canonicalJson, outputAddress, outputText } from "./address.ts";
export { type Chain, ChainError, createChain, inputAddresses } from "./chain.ts";
export { describeFetchRequest, describeRequest } from "./describe-request.ts";
export { createLiveChain, type LeftOut, type LiveChain } from "./live-chain.ts";
export { locate, type Place } from "./locate.ts";
export {
  type BucketRole,
  bucketName,
  bucketPrefixOf,
  bucketRoles,
  createNames,
  localNaming,
  maxBucketPrefixLength,
  type Names,
  type Naming,
  newsProjectOf,
  newsTopic,
  tasksTopic,
} from "./names.ts";
export { needsOf } from "./needs-of.ts";
export { describeOutputs, outputAddresses } from "./output-addresses.ts";
export { planFetched } from "./plan-fetched.ts";
export { planRequest, type RequestDetails } from "./plan-request.ts";
export { recipesOf } from "./recipe.ts";
export type { Replacement } from "./replacements.ts";
export { stepAddresses } from "./step-addresses.ts";
export * from "./topology.ts";
