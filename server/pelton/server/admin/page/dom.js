/** Elements, tables that follow their rows, and numbers as people read them. */

/** An element. `props`: properties, listeners as `onclick`, `data` and `class`. Children are nodes or text. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("aria-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Change what is shown only if it is something else: a selection stays, and screen readers are quiet. */
export function show(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A table whose rows stay the same elements as long as their keys are there. */
export class Rows {
  /** `columns`: pairs of heading and class. `fill(cells, item)` writes a row; `make(item)` may add what is clicked. */
  constructor(columns, { fill, key, empty = "none", make = null }) {
    this._fill = fill;
    this._key = key;
    this._make = make;
    this._rows = new Map();
    this._width = columns.length;
    this._body = h("tbody");
    const head = columns.map(([text, kind]) => h("th", { class: kind ?? "", scope: "col" }, text));
    this._kinds = columns.map(([, kind]) => kind ?? "");
    this._empty = h("tr", { class: "empty" }, h("td", { colSpan: this._width }, empty));
    this.element = h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...head)), this._body));
  }

  update(items) {
    const rows = new Map();
    for (const item of items) {
      const key = String(this._key(item));
      const row = this._rows.get(key) ?? this._new(item);
      this._fill(row.cells, item);
      rows.set(key, row);
    }
    this._rows = rows;
    const wanted = rows.size ? [...rows.values()] : [this._empty];
    wanted.forEach((row, index) => {
      if (this._body.children[index] !== row) this._body.insertBefore(row, this._body.children[index] ?? null);
    });
    while (this._body.children.length > wanted.length) this._body.lastChild.remove();
  }

  _new(item) {
    const row = h("tr", {}, ...this._kinds.map((kind) => h("td", { class: kind })));
    this._make?.(row, item);
    return row;
  }
}

export function ms(ns) {
  const value = ns / 1e6;
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

export const us = (value) => ms(value * 1000);
export const count = (value) => Math.round(value).toLocaleString("en");

/** `some(2, "row")`: "2 rows". */
export const some = (value, what) => `${count(value)} ${what}${value === 1 ? "" : "s"}`;

export function bytes(value) {
  return value < 1000 ? `${value} B` : value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

export function lasting(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
