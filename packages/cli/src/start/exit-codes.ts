/** Exit codes of `segue start`. */
export const exitCodes = {
  /** Every track succeeded. */
  succeeded: 0,
  /** A track failed, could not be sent, or a named path could not be used. */
  someFailed: 1,
  /** The command line is wrong, or names no audio file at all. */
  usage: 2,
  /** The local fleet could not be started. */
  fleetFailed: 3,
  /** Ctrl-C or SIGTERM while tracks were unfinished; the same command goes on with them. */
  interrupted: 130,
} as const;

export const exitCodesHelp = `
Exit codes:
  ${exitCodes.succeeded}    every track succeeded
  ${exitCodes.someFailed}    a track failed, could not be sent, or a path could not be used
  ${exitCodes.usage}    the command line is wrong, or names no audio file at all
  ${exitCodes.fleetFailed}    the fleet could not be started
  ${exitCodes.interrupted}  interrupted while tracks were unfinished; the next start goes on with them`;
