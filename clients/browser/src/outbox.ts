/**
 * Actions on their way out. While the line is congested or lost they wait, at most so many; of those that only say how
 * things are now (`latest`), a newer one takes the place of the one before.
 */

import { TooFast } from "./errors.js";
import type { Bytes } from "./messages.js";

export const HELD_MAX = 64;

/** What takes messages; null while the connection is lost. */
export interface Line {
  readonly isCongested: boolean;
  send(bytes: Bytes, move: "act"): boolean;
}

interface Held {
  readonly seq: number;
  /** Of which the newest counts; empty: each counts. */
  readonly latest: string;
  readonly bytes: Bytes;
}

export class Outbox {
  line: Line | null = null;
  private _held: Held[] = [];

  /** `supersede` is told the number of an action that will never be sent. */
  constructor(private readonly _supersede: (seq: number) => void) {}

  /** How many wait. */
  get size(): number {
    return this._held.length;
  }

  /** TooFast if an action like this cannot even wait. */
  checkRoom(latest: string): void {
    if (this._mustWait && this.size >= HELD_MAX && !this._held.some((one) => latest && one.latest === latest)) {
      throw new TooFast(`${HELD_MAX} actions wait for the network`);
    }
  }

  /** Send it, or let it wait. */
  offer(seq: number, latest: string, bytes: Bytes): void {
    if (!this._mustWait) {
      this.line?.send(bytes, "act");
      return;
    }
    const older = latest ? this._held.find((one) => one.latest === latest) : undefined;
    if (older) {
      this._held = this._held.filter((one) => one !== older);
      this._supersede(older.seq);
    }
    this._held.push({ seq, latest, bytes });
  }

  /** Send what waits, as far as the network takes it. */
  flush(): void {
    while (this.line && !this.line.isCongested) {
      const first = this._held.shift();
      if (!first) return;
      this.line.send(first.bytes, "act");
    }
  }

  /** Nothing waits any more: it was sent in another way, or nobody wants it. */
  clear(): void {
    this._held = [];
  }

  private get _mustWait(): boolean {
    return !this.line || this.size > 0 || this.line.isCongested;
  }
}
