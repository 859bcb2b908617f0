/**
 * Where Google's emulator (0.8.20) departs from Pub/Sub's documentation: case -> what the emulator does instead.
 * The suite asserts that each case still fails there, so the list cannot outlive the deviation.
 */
export const EMULATOR_DEVIATIONS: Readonly<Record<string, string>> = {
  "topic: listing the subscriptions of a missing one is NOT_FOUND": "an empty list",
  "topic: labels change through an update mask": "labels cannot be updated",
  "subscription: by default it expires after 31 idle days": "no expiration policy",
  "subscription: values outside the documented ranges are INVALID_ARGUMENT": "takes them",
  "subscription: labels change through an update mask": "labels cannot be updated",
  "subscription: once detached it drops its messages and refuses pulls": "detach is UNIMPLEMENTED",
  "publish: 101 attributes are INVALID_ARGUMENT": "takes them",
  "publish: an attribute key of 257 bytes or a value of 1025 is INVALID_ARGUMENT": "takes them",
  "publish: an attribute key that starts with goog is INVALID_ARGUMENT": "takes it",
  "publish: a message past 10 MB is INVALID_ARGUMENT": "takes it",
  "lease: deadlines outside 0 to 600 s are INVALID_ARGUMENT": "takes 601 s",
  "stream: max_outstanding_messages holds the rest back until some are acknowledged": "sends everything",
  "stream: max_outstanding_bytes holds the rest back": "sends everything",
  "stream: pings of a protocol-1 client are answered": "stays silent",
  "stream: of a client whose connection breaks, it takes no more messages": "takes its share for 15 minutes",
  "retry policy: backoff grows from the minimum with each nack": "redelivers at once",
  "ordering: a nacked message comes again, followed by the later ones of its key": "later ones overtake it",
  "filter: each form of the grammar lets through exactly what it says": "filters nothing",
  "filter: what is not an expression is INVALID_ARGUMENT": "takes any text",
  "filter: what it drops does not come after an update either": "filters nothing",
  "snapshot: another subscription of the topic may be set to it, through its own filter": "filters nothing",
  "snapshot: it is listed, its labels change, and once deleted it is NOT_FOUND":
    "UpdateSnapshot is UNIMPLEMENTED",
};
