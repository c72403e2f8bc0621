/** What a tick's time goes into, from the bottom of the plot to its top. Colours are those of the style sheet. */
export const PHASES = ["merge", "pipeline", "game", "groups", "encode", "flush", "poll", "lag"];
/** Of the tick itself; the others came before it. */
export const OWN = new Set(["merge", "pipeline", "game", "groups", "encode", "flush"]);

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
