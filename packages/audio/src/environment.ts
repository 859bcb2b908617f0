/** The variables that services which work on audio read; light to import. */
export const audioEnvironment = () => import("./config.ts").then(({ environment }) => environment);
