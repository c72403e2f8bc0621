/** The actions of a seat that were sent and not answered yet. */

import type { Bytes, Refusal } from "./messages.js";

/** What became of an action. */
export interface Answer {
  readonly seq: number;
  /** The game has taken it. */
  readonly taken: boolean;
  /**
   * Why it was not: a reason of the protocol, `superseded` if a newer one took its place before it was sent, `void` if
   * the seat ended before there was an answer. Empty if it was taken.
   */
  readonly reason: string;
  /** From sending it to the arrival of the answer. */
  readonly afterS: number;
}

/** An action that was sent, or waits to be. */
export class Sent {
  private _settled: Answer | null = null;
  private readonly _waiting: ((answer: Answer) => void)[] = [];

  constructor(
    readonly seq: number,
    readonly sentS: number,
  ) {}

  /** What became of it; never rejected. */
  get answer(): Promise<Answer> {
    return new Promise((resolve) => (this._settled ? resolve(this._settled) : void this._waiting.push(resolve)));
  }

  /** @internal */
  settle(reason: string, nowS: number): Answer {
    this._settled ??= { seq: this.seq, taken: !reason, reason, afterS: nowS - this.sentS };
    for (const resolve of this._waiting.splice(0)) resolve(this._settled);
    return this._settled;
  }
}

/** Numbers actions, keeps what may have to be sent again, and strikes out what is answered. */
export class Ledger {
  private readonly _sent = new Map<number, { readonly sent: Sent; readonly bytes: Bytes }>();
  private _lastSeq = 0;

  /** How many are unanswered. */
  get size(): number {
    return this._sent.size;
  }

  /** The number of the next action. */
  nextSeq(): number {
    return ++this._lastSeq;
  }

  /** It was sent, or will be. */
  keep(sent: Sent, bytes: Bytes): void {
    this._sent.set(sent.seq, { sent, bytes });
  }

  /** What was sent after this one and is not answered, in order. */
  after(seq: number): Bytes[] {
    return [...this._sent].filter(([number]) => number > seq).map(([, { bytes }]) => bytes);
  }

  /** It will never be sent. */
  drop(seq: number, nowS: number): void {
    this._sent.get(seq)?.sent.settle("superseded", nowS);
    this._sent.delete(seq);
  }

  /** Strike out what is answered; all of it, in order. Refusals come first, since an ack may pass them. */
  settle(ack: number, refused: readonly Refusal[], nowS: number): Answer[] {
    const answers: Answer[] = [];
    const strike = (seq: number, reason: string): void => {
      const sent = this._sent.get(seq)?.sent;
      if (sent) answers.push(sent.settle(reason, nowS));
      this._sent.delete(seq);
    };
    for (const [seq, reason] of refused) strike(seq, reason || "refused");
    for (const seq of this._sent.keys()) {
      if (seq > ack) break;
      strike(seq, "");
    }
    return answers;
  }

  /** Nobody will answer any more. */
  close(nowS: number): void {
    for (const { sent } of this._sent.values()) sent.settle("void", nowS);
    this._sent.clear();
  }
}
