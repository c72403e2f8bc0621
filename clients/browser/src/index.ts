/**
 * The client of Pelton for browsers, Node and workers: connect, take a seat, act, watch the state.
 *
 *     const client = await connect("ws://127.0.0.1:7777/");
 *     const room = await client.joinOrCreate("arena", { name: "Ada" });
 *     for await (const frame of room) room.act("steer", { turn: 0.5, thrust: 1 });
 */

export { Backoff } from "./backoff.js";
export { connect, type Client, type ConnectOptions } from "./client.js";
export { type ServerClock, type TickClock } from "./clock.js";
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
export { type Feed, type Frame, type GameEvent, type Resumption } from "./frame.js";
export { Interpolation, type InterpolationOptions, type Values } from "./interpolation.js";
export { type Answer, type Sent } from "./ledger.js";
export { type Options, type ServerMessage } from "./messages.js";
export { type Prediction } from "./prediction.js";
export { type Action, type PredictionStats, type PredictorOptions, type State, type Step } from "./predictor.js";
export { Replica } from "./replica.js";
export { type ActOptions, type PredictOptions, type Room } from "./room.js";
export { nowS, type Socket, type Surroundings, type WebSocketClass } from "./surroundings.js";
export { type ReplicaTable, type Row } from "./table.js";
export { Float, type Value, type ValueMap } from "./value.js";
export { type Wraps } from "./wrap.js";
// What is below the client: for inspectors and benchmarks.
export { decodeServer } from "./decode.js";
