/** One connection to a server, from the dial to its end: questions and their answers, and messages in their place. */

import { LOST, NORMAL, PROTOCOL_ERROR } from "./close_codes.js";
import { decodeServer } from "./decode.js";
import { BadMessage, CannotConnect, Closed } from "./errors.js";
import { SUBPROTOCOL, type Bytes, type ServerMessage, type Welcome } from "./messages.js";
import { step, type Move, type SessionState } from "./session.js";
import type { Socket, Surroundings } from "./surroundings.js";

const MESSAGE_BYTES_MAX = 16 * 2 ** 20;
/** More than this that not even the system has taken, and the line is congested: what is sent now would come late. */
const BUFFERED_BYTES_MAX = 1024;
const CLOSE_TIMEOUT_S = 2;
const MOVES: ReadonlySet<string> = new Set<Move>(["welcome", "joined", "resumed", "rejected", "left"]);

/** Who is told what comes in. */
export interface Owner {
  take(connection: Connection, message: ServerMessage): void;
  lost(connection: Connection, closed: Closed): void;
}

interface Question {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class Connection {
  /** Where the session stands. */
  state: SessionState = "fresh";
  /** How it ended; null: it has not. */
  ended: Closed | null = null;
  /** Of the longest message that the server takes. */
  messageBytesMax = 4096;
  private _socket: Socket | null = null;
  private _problem = "";
  private readonly _questions = new Map<string, Question>();

  constructor(
    private readonly _url: string,
    private readonly _machine: Surroundings,
    private readonly _owner: Owner,
  ) {}

  /** Connect and say hello. CannotConnect if that does not work in time. */
  async open(hello: Bytes, timeoutS: number): Promise<Welcome> {
    const stop = this._machine.after(timeoutS, () => this._finish(LOST, `no answer in ${timeoutS} s`));
    try {
      const answer = this._question<Welcome>("welcome");
      this._dial(hello);
      const welcome = await answer;
      this.messageBytesMax = welcome.messageBytesMax;
      return welcome;
    } catch (error) {
      if (error instanceof Closed) throw new CannotConnect(this._url, error.reason || error.message, error);
      throw new CannotConnect(this._url, error instanceof Error ? error.message : String(error));
    } finally {
      stop();
    }
  }

  /** Send a question and wait for what `answer` is called with under this key. Closed if it never comes. */
  ask<T>(bytes: Bytes, move: Move, key: string): Promise<T> {
    const answer = this._question<T>(key);
    if (!this.send(bytes, move)) this.answer(key, this.ended ?? new Closed(LOST, `${move} has no place now`));
    return answer;
  }

  /** Whether somebody waits for this answer. */
  isAsking(key: string): boolean {
    return this._questions.has(key);
  }

  /** Give it to who waits for it, if anybody does. An error is thrown there. */
  answer(key: string, answer: unknown): void {
    const question = this._questions.get(key);
    this._questions.delete(key);
    if (answer instanceof Error) question?.reject(answer);
    else question?.resolve(answer as never);
  }

  /** Give a message to the network. False if it has no place now, or the connection is over. */
  send(bytes: Bytes, move: Move): boolean {
    const next = step(this.state, move);
    if (!this._socket || this.ended || !next) return false;
    this.state = next;
    this._socket.send(bytes);
    return true;
  }

  /** Whether what was sent before has not gone out yet. */
  get isCongested(): boolean {
    return (this._socket?.bufferedAmount ?? 0) > BUFFERED_BYTES_MAX;
  }

  /** Say goodbye and wait for the server to end the connection; after a while, end it without. */
  async close(): Promise<void> {
    if (!this._socket || this.ended) return;
    const over = this._question("end").catch(() => undefined); // the end is what is waited for
    const stop = this._machine.after(CLOSE_TIMEOUT_S, () => this._finish(NORMAL, "no answer"));
    this._socket.close(NORMAL, "");
    await over;
    stop();
  }

  /** End it without waiting: it seems dead, or is no longer wanted. */
  drop(reason: string): void {
    this._socket?.close();
    this._finish(LOST, reason);
  }

  /** The server broke the protocol: end it, and say so to whoever asks why. */
  fault(problem: string): void {
    this._problem = problem;
    try {
      this._socket?.close(PROTOCOL_ERROR, "protocol error");
    } catch {
      this._socket?.close(); // browsers let pages send no such code
    }
    this._finish(PROTOCOL_ERROR, problem);
  }

  private _dial(hello: Bytes): void {
    const socket = (this._socket = new this._machine.webSocket(this._url.replace(/^http/, "ws"), [SUBPROTOCOL]));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => void this.send(hello, "hello"));
    socket.addEventListener("message", ({ data }) => this._received(data));
    socket.addEventListener("error", () => {}); // a close follows
    socket.addEventListener("close", ({ code, reason }) => this._finish(code, reason));
  }

  private _received(data: unknown): void {
    if (this.ended) return;
    if (!(data instanceof ArrayBuffer)) return this.fault("a text message");
    if (data.byteLength > MESSAGE_BYTES_MAX) return this.fault("too long a message");
    let message: ServerMessage;
    try {
      message = decodeServer(new Uint8Array(data));
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      return this.fault(`no message: ${error.message}`);
    }
    if (MOVES.has(message.kind)) {
      const next = step(this.state, message.kind as Move);
      if (!next) return this.fault(`${message.kind} has no place in ${this.state}`);
      this.state = next;
    }
    this._owner.take(this, message);
  }

  private _question<T>(key: string): Promise<T> {
    return new Promise<T>((resolve, reject) => this._questions.set(key, { resolve, reject }));
  }

  private _finish(code: number, reason: string): void {
    if (this.ended) return;
    this.ended = new Closed(code, this._problem || reason);
    this._socket?.close();
    this._owner.lost(this, this.ended);
    for (const key of [...this._questions.keys()]) this.answer(key, this.ended);
  }
}
