export type { ObjectStoreOptions } from "./connection.ts";
export { formatRef } from "./connection.ts";
export { computeCrc32c, crc32cImplementation, createCrc32c, type RunningCrc32c } from "./crc32c.ts";
export {
  ObjectCorruptError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StoreError,
  type StoreErrorCode,
  StoreFullError,
  StoreRefusedError,
  StoreUnavailableError,
} from "./errors.ts";
export type {
  BucketSpec,
  BucketState,
  ByteRange,
  ExpectedObject,
  ListedObject,
  ListOptions,
  LocalFile,
  MeasuredFile,
  ObjectBody,
  ObjectPage,
  ObjectPrefix,
  ObjectRef,
  ObjectStat,
  WriteRequest,
  WrittenObject,
} from "./object.ts";
export { createObjectStore, type ObjectStore } from "./object-store.ts";
export { type SessionRequest, type SessionState, sessionChunkBytes } from "./upload-session.ts";
export { measureFile } from "./write-object.ts";
