/** Why connections end, and whether to come back: section 10 of the SPEC. */

/** Whether to connect again: after a pause, after a long one, or not at all. */
export type Comeback = "yes" | "later" | "no";

export const NORMAL = 1000;
export const PROTOCOL_ERROR = 1002;
/** What a socket says that broke without a goodbye. */
export const LOST = 1006;

const CODES: Readonly<Record<number, readonly [string, Comeback]>> = {
  1000: ["normal", "no"],
  1001: ["going_away", "no"],
  1002: ["protocol_error", "no"],
  1003: ["text_frame", "no"],
  1006: ["lost", "yes"],
  1009: ["too_big", "no"],
  1012: ["restart", "yes"],
  1013: ["full", "later"],
  4400: ["bad_message", "no"],
  4401: ["unauthorized", "no"],
  4405: ["unexpected_message", "no"],
  4409: ["replaced", "no"],
  4500: ["server_error", "yes"],
  4503: ["slow_consumer", "yes"],
  4504: ["unresponsive", "yes"],
  4508: ["hello_timeout", "yes"],
  4512: ["message_timeout", "yes"],
  4529: ["rate_limited", "later"],
  4530: ["too_many_connections", "later"],
};

/** What a close code says about trying again; codes that are not known have their range. */
export function mayComeBack(code: number): Comeback {
  const known = CODES[code];
  if (known) return known[1];
  return code >= 4400 && code < 4500 ? "no" : "later";
}

/** The code's name, `unknown` for one that is not in the table. */
export function closeName(code: number): string {
  return CODES[code]?.[0] ?? "unknown";
}
