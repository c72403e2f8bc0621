/**
 * What time it is at the server, and which tick. Pure: fed with samples, reads no clock of its own.
 *
 * A pong of a seated player is held up by as much as a tick, and any message by the network; nothing ever arrives too
 * early. So each direction goes by its least-delayed sample among the last ones, and no outlier can spoil it:
 *
 *     pong:   sent <= (the server's time - offset) <= received     of all pongs, the narrowest such bounds
 *     frame:  arrived = begin + tick / hz + delay                  of all frames, the least begin + delay
 *
 * A server with too much to do lets game time run slower, and says so by nothing but the frames: then `begin` rises
 * with each. A line that is held up makes it rise too, but at once. So the last frames are looked at in four parts, and
 * only what rises from each part to the next, by as much, is a slower pace.
 */

const PINGS_KEPT = 32;
const FRAMES_KEPT = 64;
/** Frames in each of the four parts: a slower pace is known after 16. */
const PART = 4;
/** Of a tick: what rises less from tick to tick is jitter. */
const SLOWER_LEAST = 0.1;
/** RFC 3550, section 6.4.1. */
const JITTER_GAIN = 1 / 16;

interface Sample {
  readonly sentS: number;
  readonly receivedS: number;
  readonly serverS: number;
}

const upper = ({ serverS, sentS }: Sample): number => serverS - sentS;
const lower = ({ serverS, receivedS }: Sample): number => serverS - receivedS;
const roundTrip = ({ receivedS, sentS }: Sample): number => receivedS - sentS;

/** The server's monotonic clock, from pings. All times in seconds; "local" is this program's clock. */
export class ServerClock {
  /** The server's clock minus the local one; null before the first ping. */
  offsetS: number | null = null;
  /** By how much `offsetS` may be wrong, either way. */
  uncertaintyS: number | null = null;
  private readonly _samples: Sample[] = [];

  /** A ping was answered. */
  pong(sentS: number, receivedS: number, timeUs: number): void {
    const samples = this._samples;
    const last = samples.at(-1);
    const serverS = timeUs / 1e6;
    if (last && serverS < last.serverS) samples.length = 0; // another server, or another run of it
    samples.push({ sentS, receivedS, serverS });
    if (samples.length > PINGS_KEPT) samples.shift();
    let most = Math.min(...samples.map(upper));
    let least = Math.max(...samples.map(lower));
    if (least > most) {
      // The clocks run apart: older samples contradict newer ones.
      const best = samples.reduce((one, other) => (roundTrip(other) < roundTrip(one) ? other : one));
      [least, most] = [lower(best), upper(best)];
    }
    this.offsetS = (least + most) / 2;
    this.uncertaintyS = (most - least) / 2;
  }

  /** The least round trip of the last pings: what the network takes, without waiting; null before the first. */
  get roundTripS(): number | null {
    return this._samples.length ? Math.min(...this._samples.map(roundTrip)) : null;
  }

  /** The server's clock at this local time; null before the first ping. */
  timeS(nowS: number): number | null {
    return this.offsetS === null ? null : nowS + this.offsetS;
  }
}

type Arrival = readonly [tick: number, beginS: number];

/** The tick at which a room is, from the arrival of its frames, and from the round trip if there were pings. */
export class TickClock {
  /** How unevenly frames arrive: the mean deviation, smoothed as in RFC 3550. */
  jitterS = 0;
  /** Of the last ones the tick, and when tick 0 would have arrived if it took as long as they did. */
  private _frames: Arrival[] = [];
  /** By how much more than 1 / `tickHz` ticks are apart. */
  private _laterS = 0;
  /** When tick 0 would have arrived, at the pace of now and without delay. */
  private _beginS = 0;

  constructor(
    readonly tickHz: number,
    /** The clock of pings. */
    readonly server: ServerClock = new ServerClock(),
  ) {}

  /** A frame arrived at this local time. Frames may be missing. */
  arrived(tick: number, atS: number): void {
    const beginS = atS - tick / this.tickHz;
    const last = this._frames.at(-1);
    if (last) {
      const expectedS = last[1] + this._laterS * (tick - last[0]);
      this.jitterS += (Math.abs(beginS - expectedS) - this.jitterS) * JITTER_GAIN;
    }
    this._frames.push([tick, beginS]);
    if (this._frames.length > FRAMES_KEPT) this._frames.shift();
    const laterS = this._slowerByS();
    if (laterS) this._forgetAllBut(4 * PART);
    else if (this._laterS) this._forgetAllBut(2 * PART); // those that came at the pace of now, where it is right again
    this._laterS = laterS;
    this._beginS = Math.min(...this._frames.map(([at, begunS]) => begunS - at * laterS));
  }

  /** How fast game time runs: 1 as it should, 0.5 where a server with too much to do takes twice as long. */
  get pace(): number {
    return 1 / (1 + this._laterS * this.tickHz);
  }

  /** The tick whose frame could be here at this local time, with a fraction; 0 before the first frame. */
  arrivedTick(nowS: number): number {
    return this._frames.length ? Math.max(0, (nowS - this._beginS) * this.tickHz * this.pace) : 0;
  }

  /** The tick at which the server is at this local time. Without a ping the network is taken to need no time. */
  tick(nowS: number): number {
    if (!this._frames.length) return 0;
    return this.arrivedTick(nowS) + ((this.server.roundTripS ?? 0) / 2) * this.tickHz * this.pace;
  }

  /** Keep the last ones: those before were of another pace. */
  private _forgetAllBut(count: number): void {
    this._frames = this._frames.slice(-count);
  }

  /** By how much ticks are farther apart than they should be, or 0. */
  private _slowerByS(): number {
    if (this._frames.length < 4 * PART) return 0;
    const last = this._frames.slice(-4 * PART);
    const least = [0, 1, 2, 3].map((part) =>
      last.slice(part * PART, (part + 1) * PART).reduce((one, other) => (other[1] < one[1] ? other : one)),
    );
    const rises = [1, 2, 3].map((part) => {
      const [early, late] = [least[part - 1], least[part]];
      return (late[1] - early[1]) / (late[0] - early[0]);
    });
    const riseS = Math.min(...rises);
    return riseS * this.tickHz > SLOWER_LEAST ? riseS : 0;
  }
}
