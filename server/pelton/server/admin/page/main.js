/** The inspector: asks for a token if one is needed, shows the view that the address names, and keeps it up to date. */

import { Api, Refused, Unreachable } from "./api.js";
import { h, lasting, show } from "./dom.js";
import { RoomView } from "./room.js";
import { RoomsView } from "./rooms.js";

const EVERY_MS = 500;
const RETRY_MS = 1500;
const SAID_MS = 6000;

const element = (id) => document.getElementById(id);
const api = new Api();
let view = null;
let timer = 0;
let isAsking = false;
let saidTimer = 0;

/** What views may use of the page around them. */
const page = {
  api,
  /** Tell what was done. */
  say(text) {
    show(element("said"), text);
    clearTimeout(saidTimer);
    saidTimer = setTimeout(() => show(element("said"), ""), SAID_MS);
  },
  /** Ask first. */
  async isSure(question) {
    const dialog = element("sure");
    show(element("question"), question);
    dialog.returnValue = "";
    dialog.showModal();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    return dialog.returnValue === "yes";
  },
  /** Have something done, and say what it was. */
  async act(action, query = {}) {
    try {
      page.say(await api.post(action, query));
    } catch (error) {
      page.say(`${action}: ${error.message}`);
    }
    void refresh();
  },
};

function route() {
  const [, kind, id, tab, detail] = location.hash.split("/").map(decodeURIComponent);
  if (kind === "room" && id) {
    if (!(view instanceof RoomView) || view.roomId !== id) change(new RoomView(page, id));
    view.choose(tab || "ticks", detail || "");
  } else if (!(view instanceof RoomsView)) change(new RoomsView(page));
  void refresh();
}

function change(next) {
  view?.close?.();
  view = next;
  element("view").replaceChildren(next.element);
}

/** Ask the server anew, and again after a while; one question at a time, and none while nobody looks. */
async function refresh() {
  if (isAsking) return;
  clearTimeout(timer);
  isAsking = true;
  let waitMs = EVERY_MS;
  try {
    const rooms = await api.get("rooms");
    tell(rooms);
    await view?.update(rooms);
    enter("in");
    warn(rooms.closing ? "This server is draining: nobody new is let in." : "");
  } catch (error) {
    waitMs = RETRY_MS;
    failed(error);
  } finally {
    isAsking = false;
  }
  if (!document.hidden && document.body.dataset.state !== "locked") timer = setTimeout(refresh, waitMs);
}

function failed(error) {
  if (error instanceof Refused && (error.status === 401 || error.status === 429)) {
    enter("locked");
    show(element("refused"), api.token || error.status === 429 ? error.message : "");
    api.token = "";
    element("shown").focus();
  } else if (error instanceof Unreachable || error instanceof Refused) {
    warn(error instanceof Refused ? error.message : "The server does not answer; trying again.");
  } else throw error;
}

function enter(state) {
  document.body.dataset.state = state;
  element("token").hidden = state !== "locked";
}

function warn(text) {
  show(element("banner"), text);
  element("banner").hidden = !text;
}

function tell({ version, uptime_s: uptimeS, overload, rooms, recorder }) {
  const players = rooms.reduce((sum, room) => sum + room.players, 0);
  const facts = [
    ["up", lasting(uptimeS)],
    ["rooms", String(rooms.length)],
    ["players", String(players)],
    ["overload", overload.step ? `${overload.step}: ${overload.name.replaceAll("_", " ")}` : "none"],
    ["recorder", recorder ? "on" : "off"],
    ["version", version],
  ];
  const list = element("server");
  if (!list.children.length) list.append(...facts.map(([name]) => h("div", {}, h("dt", {}, name), h("dd"))));
  facts.forEach(([, value], index) => show(list.children[index].lastChild, value));
  list.children[3].classList.toggle("bad", overload.step > 0);
}

element("token").addEventListener("submit", (event) => {
  event.preventDefault();
  api.token = element("shown").value;
  element("shown").value = "";
  void refresh();
});
element("drain").addEventListener("click", async () => {
  const question = "Drain this server? Nobody new gets a seat, rooms end, and then the process stops.";
  if (await page.isSure(question)) await page.act("drain");
});
addEventListener("hashchange", route);
document.addEventListener("visibilitychange", () => void (document.hidden ? clearTimeout(timer) : refresh()));
route();
