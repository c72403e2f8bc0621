/** Why connections end, and whether to come back: section 10 of the SPEC. */

/** Whether to connect again: after a pause, after a long one, or not at all. */
export type Comeback = "yes" | "later" | "no";

export const NORMAL = 1000;
export const PROTOCOL_ERROR = 1002;
/** What a socket says that broke without a goodbye. */
export const LOST = 1006;

const NAMES: Readonly<Record<number, string>> = {
  1000: "normal",
  1001: "going_away",
  1002: "protocol_error",
  1003: "text_frame",
  1006: "lost",
  1009: "too_big",
  1012: "restart",
  1013: "full",
  4400: "bad_message",
  4401: "unauthorized",
  4405: "unexpected_message",
  4409: "replaced",
  4500: "server_error",
  4503: "slow_consumer",
  4504: "unresponsive",
  4508: "hello_timeout",
  4512: "message_timeout",
  4529: "rate_limited",
  4530: "too_many_connections",
};
const YES: readonly number[] = [LOST, 1012, 4500, 4503, 4504, 4508, 4512];

/** What a close code says about trying again; for one that is not known, its range does. */
export function mayComeBack(code: number): Comeback {
  if (YES.includes(code)) return "yes";
  return (code in NAMES && code < 1012) || (code >= 4400 && code < 4500) ? "no" : "later";
}

/** The code's name, `unknown` for one that is not in the table. */
export function closeName(code: number): string {
  return NAMES[code] ?? "unknown";
}
