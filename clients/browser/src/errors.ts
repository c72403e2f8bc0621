/**
 * What can go wrong between a client and its server, and whose move it is.
 *
 *     ClientError
 *     ├── CannotConnect      no connection; nothing was lost
 *     ├── Closed             the connection ended; `comeback` says whether to try again
 *     ├── JoinRejected       no seat, but the connection stays
 *     ├── NotSeated          the room was left, or left us: it takes no more actions
 *     ├── TooFast            more actions than the server answers, or than the network takes
 *     ├── BadAction          our own fault: an action or field that the room does not have
 *     ├── BadMessage         bytes that are no message of the protocol
 *     └── ServerFault        the server sent what makes no sense
 */

import { closeName, mayComeBack, type Comeback } from "./close_codes.js";

/** Base of the client's errors. */
export class ClientError extends Error {}

/** The connection is over. `code` is the close code, `comeback` what it says about trying again. */
export class Closed extends ClientError {
  readonly comeback: Comeback;

  constructor(
    readonly code: number,
    readonly reason: string,
  ) {
    super(`closed with ${code} ${closeName(code)}${reason ? `: ${reason}` : ""}`);
    this.comeback = mayComeBack(code);
  }
}

/** Nobody answered, or the answer was no. `closed` is how the server ended it, if there was one. */
export class CannotConnect extends ClientError {
  constructor(
    readonly url: string,
    readonly problem: string,
    readonly closed: Closed | null = null,
  ) {
    super(`cannot connect to ${url}: ${problem}`);
  }
}

/** The server gave no seat. `reason` is one of the protocol's words. */
export class JoinRejected extends ClientError {
  constructor(
    readonly reason: string,
    readonly detail: string,
    /** How long to wait before asking again; null: the server did not say. */
    readonly retryAfterS: number | null = null,
  ) {
    super(`${reason}: ${detail}`);
  }
}

/** There is no seat any more in the room that was to be acted in. */
export class NotSeated extends ClientError {
  constructor(
    readonly roomId: string,
    readonly reason: string,
  ) {
    super(`no seat in room ${roomId}: ${reason}`);
  }
}

/** The room has no such action, or the action no such field, or a value cannot travel. */
export class BadAction extends ClientError {}

/** So much is unanswered or unsent that something must be wrong; sending more would not help. */
export class TooFast extends ClientError {}

/** Bytes that are no message of the protocol. */
export class BadMessage extends ClientError {}

/** The server broke the protocol. */
export class ServerFault extends ClientError {}

const CLASSES = {
  ClientError,
  Closed,
  CannotConnect,
  JoinRejected,
  NotSeated,
  BadAction,
  TooFast,
  BadMessage,
  ServerFault,
};
// By hand, since minified classes have other names.
for (const [name, type] of Object.entries(CLASSES)) type.prototype.name = name;
