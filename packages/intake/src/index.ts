export { decodeBody, type Encoding, knownEncodings, readEncoding } from "./decode-body.ts";
export { IntakeError, type IntakeReason } from "./intake-error.ts";
export { judgeSource, judgeUrl, judgeWebhookUrl, notPublic, type SourceRules } from "./judge-source.ts";
export { createMasters, type Masters, type Received, type ReceiveOptions } from "./masters.ts";
export type { Pace } from "./pace.ts";
export { isPublicAddress } from "./public-address.ts";
export { createSpool } from "./spool.ts";
export { egressProxy, intakeVariables, readPace } from "./variables.ts";
export { createWayOut, type WayOutOptions } from "./way-out.ts";
