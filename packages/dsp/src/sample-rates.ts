/** The rate of canonical PCM. */
export const canonicalSampleRateHz = 44_100;
/** The rate of what analysers consume. */
export const analysisSampleRateHz = 16_000;
