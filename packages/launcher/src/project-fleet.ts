/** The project's own fleet. */
export const projectFleetUrl = new URL("../../../segue.config.ts", import.meta.url).href;
