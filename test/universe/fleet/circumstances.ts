/** What a world decides for the toy steps, and hears of them. One world is played at a time. */
export const circumstances = {
  /** Whether attempts fail, hang or change their minds without any reason. */
  mishaps: true,
  /** Hears of each piece of work as it is begun. */
  onWork: (_what: string): void => {},
};
