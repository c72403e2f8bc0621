/**
 * The client of Pelton for browsers, Node and workers: connect, take a seat, act, watch the state.
 *
 *     const client = await connect("ws://127.0.0.1:7777/");
 *     const room = await client.joinOrCreate("arena", { name: "Ada" });
 *     for await (const frame of room) room.act("steer", { turn: 0.5, thrust: 1 });
 */

export { Backoff } from "./backoff.js";
export { Client, connect, type ConnectOptions } from "./client.js";
export { ServerClock, TickClock } from "./clock.js";
export { mayComeBack, type Comeback } from "./close_codes.js";
export { type Difference, type Divergence } from "./divergence.js";
export {
  BadAction,
  BadMessage,
  CannotConnect,
  ClientError,
  Closed,
  JoinRejected,
  NotSeated,
  ServerFault,
  TooFast,
} from "./errors.js";
export { type Added, type Changed, type Removed, type RowEvent } from "./events.js";
export { Feed, type Frame, type GameEvent, type Resumption } from "./frame.js";
export { Interpolation, type InterpolationOptions, type Values } from "./interpolation.js";
export { Sent, type Answer } from "./ledger.js";
export { type Options } from "./messages.js";
export { Prediction } from "./prediction.js";
export { Predictor, type Action, type PredictionStats, type PredictorOptions, type State, type Step } from "./predictor.js";
export { Replica } from "./replica.js";
export { Room, type ActOptions, type PredictOptions } from "./room.js";
export { nowS, type Socket, type Surroundings, type WebSocketClass } from "./surroundings.js";
export { ReplicaTable, type Row } from "./table.js";
export { Float, type Value, type ValueMap } from "./value.js";
export { Wrap, type Wraps } from "./wrap.js";
// What is below the client: for inspectors, bots of another kind and tests.
export { decodeServer } from "./decode.js";
export { type ServerMessage } from "./messages.js";
