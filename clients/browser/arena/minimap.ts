/** The whole world, small: what is in sight of it, and who is there. */

import { SIGHT, WORLD, type Place } from "./game.js";
import { colour, OWN } from "./painter.js";

interface Dot extends Place {
  readonly id: number;
}

export function drawMinimap(canvas: HTMLCanvasElement, own: Place, others: readonly Dot[]): void {
  const ratio = Math.min(devicePixelRatio, 2);
  const size = canvas.clientWidth;
  if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const scale = size / WORLD;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
  drawSight(context, own, scale);
  for (const { id, x, y } of others) {
    context.fillStyle = colour(id);
    context.beginPath();
    context.arc(x * scale, y * scale, 2, 0, 2 * Math.PI);
    context.fill();
  }
  context.translate(own.x * scale, own.y * scale);
  context.rotate(own.angle);
  context.fillStyle = OWN;
  context.beginPath();
  context.moveTo(5, 0);
  context.lineTo(-3.5, -3.5);
  context.lineTo(-3.5, 3.5);
  context.fill();
}

/** The squares that the server tells of; they go round the edges. */
function drawSight(context: CanvasRenderingContext2D, own: Place, scale: number): void {
  context.fillStyle = "rgb(125 240 207 / .09)";
  const squares = WORLD / SIGHT;
  const [column, row] = [Math.floor(own.x / SIGHT), Math.floor(own.y / SIGHT)];
  for (let dx = -1; dx <= 1; dx++) {
    for (let dy = -1; dy <= 1; dy++) {
      const [x, y] = [(column + dx + squares) % squares, (row + dy + squares) % squares];
      context.fillRect(x * SIGHT * scale, y * SIGHT * scale, SIGHT * scale, SIGHT * scale);
    }
  }
}
