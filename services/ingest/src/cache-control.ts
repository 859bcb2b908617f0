/** Of what a track has at the time: asked for again each time, and sent again when it is another. */
export const latestFile = "private, no-cache";
/** What is there never changes. */
export const permanentFile = "private, max-age=31536000, immutable";
