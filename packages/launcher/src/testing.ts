/**
 * The project's fleet with every step in one service: it starts in half the CPU. For tests of what a fleet's results are, and of
 * what speaks to it, not of its processes.
 */
export const compactFleetUrl = new URL("./fixtures/compact-fleet.ts", import.meta.url).href;
