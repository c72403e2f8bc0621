/** What the player wants: from keys, mouse or touch, whichever was used last. */

import { bearing } from "./game.js";

export interface Wish {
  /** -1 to 1. */
  readonly turn: number;
  /** 0 to 1. */
  readonly thrust: number;
  readonly fire: boolean;
}

const KEYS: Readonly<Record<string, string>> = {
  KeyW: "thrust",
  ArrowUp: "thrust",
  KeyA: "left",
  ArrowLeft: "left",
  KeyD: "right",
  ArrowRight: "right",
  Space: "fire",
};
/** Full rudder for a nose that is farther off than this, in radians. */
const FULL_RUDDER = 0.35;
const STICK_REACH_PX = 48;
/** A stick that is moved less than this only turns. */
const STICK_THRUST_FROM = 0.35;
const MOUSE_LEAST_PX = 4;

/** Listens on the page. `stick` and `fire` are its controls for fingers. */
export class Controls {
  private readonly _held = new Set<string>();
  /** Where to look, in radians; null: keys turn the ship. */
  private _heading: number | null = null;
  private _stickThrust = 0;
  private _isFiring = false;

  constructor(
    private readonly _canvas: HTMLElement,
    private readonly _stick: HTMLElement,
    fire: HTMLElement,
  ) {
    this._listenToKeys();
    this._listenToMouse();
    this._listenToStick();
    this._hold(fire, () => (this._isFiring = true), () => (this._isFiring = false));
  }

  /** What is wanted of a ship whose nose looks there. */
  wish(angle: number): Wish {
    const held = this._held;
    const off = this._heading === null ? 0 : bearing(angle, this._heading);
    const keys = Number(held.has("right")) - Number(held.has("left"));
    return {
      turn: keys || Math.min(Math.max(off / FULL_RUDDER, -1), 1),
      thrust: held.has("thrust") ? 1 : this._stickThrust,
      fire: held.has("fire") || this._isFiring,
    };
  }

  /** Let go of everything. */
  release(): void {
    this._held.clear();
    this._isFiring = false;
    this._stickThrust = 0;
    this._heading = null;
  }

  private _listenToKeys(): void {
    addEventListener("keydown", (event) => {
      const wanted = KEYS[event.code];
      if (!wanted || event.ctrlKey || event.metaKey || isTaken(event)) return;
      event.preventDefault();
      this._held.add(wanted);
      if (wanted === "left" || wanted === "right") this._heading = null;
    });
    addEventListener("keyup", ({ code }) => this._held.delete(KEYS[code] ?? ""));
    addEventListener("blur", () => this.release());
  }

  private _listenToMouse(): void {
    const canvas = this._canvas;
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      if (this._heading === null && Math.hypot(event.movementX, event.movementY) < MOUSE_LEAST_PX) return;
      this._heading = Math.atan2(event.clientY - canvas.clientHeight / 2, event.clientX - canvas.clientWidth / 2);
    });
    canvas.addEventListener("pointerdown", ({ button, pointerType, pointerId }) => {
      if (pointerType === "touch") return;
      canvas.setPointerCapture(pointerId);
      this._held.add(button === 2 ? "thrust" : "fire");
    });
    canvas.addEventListener("pointerup", ({ button }) => this._held.delete(button === 2 ? "thrust" : "fire"));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  private _listenToStick(): void {
    const knob = this._stick.firstElementChild as HTMLElement;
    const push = (event: PointerEvent) => {
      const box = this._stick.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
      const far = Math.min(Math.hypot(x, y) / STICK_REACH_PX, 1);
      const angle = Math.atan2(y, x);
      this._heading = angle;
      this._stickThrust = far < STICK_THRUST_FROM ? 0 : far;
      knob.style.transform = `translate(${Math.cos(angle) * far * STICK_REACH_PX}px, ${Math.sin(angle) * far * STICK_REACH_PX}px)`;
    };
    this._hold(this._stick, push, () => {
      this._heading = null;
      this._stickThrust = 0;
      knob.style.transform = "";
    });
    this._stick.addEventListener("pointermove", (event) => {
      if (this._stick.hasPointerCapture(event.pointerId)) push(event);
    });
  }

  private _hold(element: HTMLElement, down: (event: PointerEvent) => void, up: () => void): void {
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      element.classList.add("held");
      down(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      element.addEventListener(end, () => {
        element.classList.remove("held");
        up();
      });
    }
    element.addEventListener("contextmenu", (event) => event.preventDefault());
  }
}

/** Whether the key is for what has the focus: the name, or (but for letters) a slider. */
function isTaken({ code, target }: KeyboardEvent): boolean {
  const within = target instanceof Element ? target.closest("form, details") : null;
  return within instanceof HTMLFormElement || (within !== null && !code.startsWith("Key"));
}
