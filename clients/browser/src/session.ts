/** The life of a session as a table: section 8 of the SPEC. A test visits every cell. */

export type SessionState = "fresh" | "judged" | "greeted" | "joining" | "seated" | "unseated";

/** What moves it: the client's messages, and five answers of the server. */
export type Move =
  | "hello"
  | "join"
  | "act"
  | "leave"
  | "ping"
  | "verify"
  | "resync"
  | "heard"
  | "resume"
  | "welcome"
  | "joined"
  | "resumed"
  | "rejected"
  | "left";

const TRANSITIONS: Readonly<Record<SessionState, Readonly<Partial<Record<Move, SessionState>>>>> = {
  fresh: { hello: "judged" },
  judged: { welcome: "greeted" }, // until the server has answered, there is nothing to say
  greeted: { join: "joining", ping: "greeted", resume: "joining" },
  joining: { ping: "joining", joined: "seated", resumed: "seated", rejected: "greeted", left: "joining" },
  seated: {
    act: "seated",
    leave: "unseated",
    ping: "seated",
    verify: "seated",
    resync: "seated",
    heard: "seated",
    left: "unseated",
  },
  unseated: {
    join: "joining",
    act: "unseated",
    leave: "unseated",
    ping: "unseated",
    verify: "unseated",
    resync: "unseated",
    heard: "unseated",
    left: "unseated",
  },
};

/** The state after it; null if it has no place there. */
export function step(state: SessionState, move: Move): SessionState | null {
  return TRANSITIONS[state][move] ?? null;
}
