/**
 * For processes that pass large payloads through. A 42 MB payload is 640 buffers outside of the heap; by default they
 * pile up until V8 marks the whole heap, on every core that it finds: 250 ms of CPU for a download. A young generation
 * of 2 MiB that does not grow frees them while they are young: 60 ms (one download a second, 42 MB, two cores). V8 counts
 * them towards the limit of the old generation too, which starts near what the code itself takes, so that every track was
 * followed by two markings of the whole heap. From 128 MiB on there are none: a tenth of a second of CPU less per track and service.
 */
export const transferFlags = [
  "--single-threaded-gc",
  "--max-semi-space-size=2",
  "--semi-space-growth-factor=1",
  "--initial-old-space-size=128",
] as const;
