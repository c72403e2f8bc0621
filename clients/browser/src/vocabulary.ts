/** Which actions a room has, and an action's fields in the order of the wire. */

import { BadAction } from "./errors.js";
import type { Shape } from "./messages.js";
import type { Value, ValueMap } from "./value.js";

/** By name, the names of the fields. */
export type Vocabulary = ReadonlyMap<string, readonly string[]>;

export function vocabulary(shapes: readonly Shape[]): Vocabulary {
  return new Map(shapes);
}

/**
 * The fields in the order of the wire; the last ones may be left out if the game has defaults for them. BadAction if
 * the room has no such action, or the action no such field.
 */
export function wireValues(game: string, actions: Vocabulary, name: string, fields: ValueMap): Value[] {
  const order = actions.get(name);
  if (!order) throw new BadAction(`${game} has no action ${name} (known: ${listed([...actions.keys()])})`);
  const given = Object.keys(fields);
  for (const field of given) {
    if (!order.includes(field)) throw new BadAction(`${name} has no field ${field} (known: ${listed(order)})`);
  }
  return order.slice(0, given.length).map((field) => {
    if (!Object.hasOwn(fields, field)) throw new BadAction(`${name} needs the field ${field}`);
    return fields[field];
  });
}

/** The fields of an event by name; those that are not known by their place. */
export function namedValues(fields: readonly string[], values: readonly Value[]): ValueMap {
  return Object.fromEntries(values.map((value, place) => [fields[place] ?? String(place), value]));
}

function listed(names: readonly string[]): string {
  return names.join(", ") || "none";
}
