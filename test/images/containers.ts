/** What the containers of a fleet are, as whoever runs one reads it. */
export interface Containers {
  readonly rootDir: string;
  readonly entrypoint: readonly string[];
  readonly imageEnv: readonly string[];
  readonly uid: number;
  /** By service. */
  readonly services: Readonly<
    Record<
      string,
      {
        /** That `runc` knows it by. */
        readonly id: string;
        readonly args: readonly string[];
        /** As the chart says. */
        readonly env: Readonly<Record<string, string>>;
        /** What a fleet may tell it. */
        readonly variables: readonly string[];
        readonly memoryMiB: number;
      }
    >
  >;
}
