/** The admin port's API, asked from its own page: docs/inspector.md has every path. */

const TOKEN_KEY = "pelton.admin.token";
const TIMEOUT_MS = 8000;

/** The server has said no. `status` is that of HTTP. */
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** The server has not said anything. */
export class Unreachable extends Error {}

export class Api {
  /** The tab's token goes with every request, as a header; it is never part of an address. */
  get token() {
    return sessionStorage.getItem(TOKEN_KEY) ?? "";
  }

  set token(token) {
    if (token) sessionStorage.setItem(TOKEN_KEY, token);
    else sessionStorage.removeItem(TOKEN_KEY);
  }

  /** `get("rooms", "k4tq7wma", "ticks", { since: 3 })`. Refused and Unreachable say what is wrong. */
  get(...path) {
    const query = typeof path.at(-1) === "object" ? path.pop() : {};
    return this._ask("GET", `api/${path.map(encodeURIComponent).join("/")}`, query);
  }

  /** Have something done: pause, resume, step, kick, dump, drain. What was done. */
  async post(action, query = {}) {
    return (await this._ask("POST", `api/do/${action}`, query)).what;
  }

  async _ask(method, path, query) {
    const headers = method === "POST" ? { "Content-Type": "application/json" } : {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const words = new URLSearchParams(query).toString();
    let answer, text;
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      answer = await fetch(words ? `${path}?${words}` : path, { method, headers, signal, cache: "no-store" });
      text = await answer.text();
    } catch {
      throw new Unreachable("the server does not answer");
    }
    if (!answer.ok) throw new Refused(answer.status, said(text));
    return JSON.parse(text);
  }
}

function said(text) {
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text.trim();
  }
}
