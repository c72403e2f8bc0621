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
  private held: Held[] = [];

  /** `supersede` is told the number of an action that will never be sent. */
  constructor(private readonly supersede: (seq: number) => void) {}

  /** How many wait. */
  get size(): number {
    return this.held.length;
  }

  /** TooFast if an action like this cannot even wait. */
  checkRoom(latest: string): void {
    if (this.mustWait && this.size >= HELD_MAX && !this.held.some((one) => latest && one.latest === latest)) {
      throw new TooFast(`${HELD_MAX} actions wait for the network already`);
    }
  }

  /** Send it, or let it wait. */
  offer(seq: number, latest: string, bytes: Bytes): void {
    if (!this.mustWait) {
      this.line?.send(bytes, "act");
      return;
    }
    const older = latest ? this.held.find((one) => one.latest === latest) : undefined;
    if (older) {
      this.held = this.held.filter((one) => one !== older);
      this.supersede(older.seq);
    }
    this.held.push({ seq, latest, bytes });
  }

  /** Send what waits, as far as the network takes it. */
  flush(): void {
    while (this.line && !this.line.isCongested) {
      const first = this.held.shift();
      if (!first) return;
      this.line.send(first.bytes, "act");
    }
  }

  /** Nothing waits any more: it was sent in another way, or nobody wants it. */
  clear(): void {
    this.held = [];
  }

  private get mustWait(): boolean {
    return !this.line || this.size > 0 || this.line.isCongested;
  }
}
