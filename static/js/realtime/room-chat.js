/** `<room-chat>`: the log of a room's chat and what one writes into it. Threads and the search open in its place. */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { Composer } from "./chat-composer.js";
import { ChatEar } from "./chat-ear.js";
import { messageRow, shownBy, unsentRow } from "./chat-row.js";
import { ChatSearch } from "./chat-search.js";
import { ChatStore } from "./chat-store.js";
import { ChatThread } from "./chat-thread.js";
import { icon, make, onceAFrame, place } from "./dom.js";
import { done, reasonOf } from "./refusal.js";
import { Rows, focusIn } from "./rows.js";

/** @import { Deeds } from "./chat-row.js" */
/** @import { Frame } from "./socket.js" */
/** @import { Unsent } from "./outbox.js" */
/** @import { Message, Room } from "./room.js" */

/** Pixels from the end within which the reader counts as reading the newest. */
const NEAR = 80;
/** Pixels from the beginning within which the reader wants what was before; the note above the messages is higher. */
const TOP = 24;
/** What was read is told when somebody turns away, and now and then, should the device die: thousands read at once. */
const TELL_READ = 180_000;
const SOUGHT_FOR = 4000;
const PAUSE = 5000;

export class RoomChat extends HTMLElement {
  /** @type {Room | null} */ #room = null;
  /** @type {ChatStore | null} */ #store = null;
  /** @type {Composer | null} */ #composer = null;
  #rows = new Rows();
  #ear = new ChatEar();
  #thread = new ChatThread();
  #search = new ChatSearch();
  #unseen = 0;
  #last = 0;
  #filled = false;
  #follows = true;
  /** The message whose actions are open. */ #open = 0;
  /** What came after this message is new since the reader was here; 0: nothing is. */ #since = 0;
  /** The newest message that the reader had before their eyes. */ #read = 0;
  #threadWas = 0;
  /** When loading went wrong the last time. */ #failed = 0;
  #log = make("div", { class: "chat-log", role: "log", tabindex: "0", "aria-live": "off" });
  #note = make("p", { class: "chat-note" });
  #divider = make("p", { class: "chat-new", role: "separator" });
  #earlier = make("button", { class: "button quiet", type: "button", click: () => this.#load(() => this.#store?.loadEarlier(), true) }, icon("history"));
  #later = make("button", { class: "button quiet", type: "button", click: () => this.#load(() => this.#store?.loadLater(), false) }, icon("down"));
  #newer = make("button", { class: "button chat-newer", type: "button", hidden: true, click: () => this.#toNewest() });
  #missed = make("div", { class: "notice chat-missed", hidden: true });
  #held = make("details", { class: "chat-held", hidden: true, open: true });
  #heldList = make("div", { class: "stack tight" });
  #heldCount = make("span", { class: "count" });
  #writing = make("p", { class: "chat-writing", hidden: true });
  #rule = make("p", { class: "chat-rule", hidden: true });
  #searching = make("button", { class: "button icon-only quiet push", type: "button", "aria-expanded": "false", click: () => this.#turnSearch() }, icon("search"));
  #settings = make("details", { class: "chat-settings" });
  #main = make("div", { class: "chat-main" });
  #draw = onceAFrame(() => this.#show());
  /** @type {Deeds} */ #deeds = {
    toggle: (message) => this.#toggle(message.id),
    reply: (message) => void this.#openThread(message.id),
    edit: (message) => { this.#open = 0; this.#draw(); this.#composer?.edit(message); },
    done: (work, message) => void this.#done(work, message.id),
  };

  /** @param {Room} room */
  set room(room) {
    this.#room = room;
    const store = (this.#store = new ChatStore(room));
    this.#build(room, store);
    room.addEventListener("change", this.#draw);
    room.addEventListener("update", (event) => this.#hear(/** @type {CustomEvent<Frame>} */ (event).detail));
    store.addEventListener("change", this.#draw);
    this.#draw();
  }

  /** Messages that came while the chat was not looked at, and for those who run the room what waits for them. @returns {number} */
  get unseen() {
    return this.#unseen + (this.#room?.runs && this.#isHidden() ? (this.#store?.held.length ?? 0) : 0);
  }

  /** The reader looks at the chat now. */
  seen() {
    this.#unseen = 0;
    this.#draw();
    if (this.#filled && !this.#store?.past) this.#toNew();
    this.dispatchEvent(new Event("unseen"));
  }

  /** To the end; but where more is new than can be seen there, to where that begins. */
  #toNew() {
    this.#toEnd();
    if (!this.#divider.isConnected || this.#divider.getBoundingClientRect().top >= this.#log.getBoundingClientRect().top) return;
    this.#divider.scrollIntoView({ block: "start" });
    this.#follows = this.#atEnd();
  }

  /** @param {Room} room
   * @param {ChatStore} store */
  #build(room, store) {
    this.classList.add("chat");
    this.#log.setAttribute("aria-label", gettext("Chat"));
    this.#earlier.append(gettext("Show earlier messages"));
    this.#later.append(gettext("Show later messages"));
    this.#newer.append(icon("down"), gettext("New messages"));
    this.#searching.setAttribute("aria-label", gettext("Find in this chat"));
    this.#settings.append(make("summary", { class: "button icon-only quiet", "aria-label": gettext("Settings of the chat") }, icon("settings")), make("div", { class: "chat-settings-box" }, this.#ear.choice()));
    this.#held.append(make("summary", {}, gettext("To look at"), " ", this.#heldCount), this.#heldList);
    this.#composer = new Composer(store, {
      send: (text, mentions) => this.#send(text, mentions),
      edit: (message, text, mentions) => store.edit(message, text, mentions),
    }, { key: `chama.draft.${room.id}`, label: gettext("Message"), placeholder: gettext("Write a message") });
    this.#log.addEventListener("scroll", () => {
      this.#follows = this.#atEnd() && !store.past;
      if (this.#follows) {
        this.#newer.hidden = true;
        this.#look();
      } else if (this.#filled && this.#log.scrollTop < TOP && store.more && !this.#earlier.disabled && Date.now() - this.#failed > PAUSE) void this.#load(() => store.loadEarlier(), true);
    }, { passive: true });
    this.addEventListener("keydown", (event) => this.#onKey(event));
    // Whoever reads the newest goes on reading it when a keyboard or a notice takes room.
    new ResizeObserver(() => { if (this.#follows) this.#toEnd(); }).observe(this.#log);
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.#leave(); });
    addEventListener("pagehide", () => this.#leave());
    new IntersectionObserver((seen) => { if (!seen.some((each) => each.isIntersecting)) this.#leave(); }).observe(this);
    setInterval(() => this.#tellRead(), TELL_READ * (0.8 + Math.random() * 0.4));
    this.#search.hidden = true;
    this.#search.store = store;
    this.#search.addEventListener("go", (event) => void this.#goTo(/** @type {CustomEvent<number>} */ (event).detail));
    this.#thread.hidden = true;
    this.#thread.store = store;
    this.#main.append(make("div", { class: "chat-bar" }, this.#searching, this.#settings),
      this.#search, this.#held, this.#missed, this.#log, this.#newer, this.#writing, this.#rule, this.#composer.element);
    this.replaceChildren(this.#main, this.#thread, this.#ear.region);
  }

  #show() {
    const room = this.#room;
    const store = this.#store;
    if (!room || !store) return;
    this.#thread.show();
    this.#main.hidden = store.thread !== null;
    this.#backFromThread(store.thread?.message.id ?? 0);
    const first = room.phase === "here" && !this.#filled;
    if (first) this.#begin(room, store);
    const wasAtEnd = this.#follows;
    const messages = store.messages;
    const unsent = room.unsent.filter((each) => !each.parent && !store.past);
    const rows = [this.#head(messages.length + unsent.length), ...this.#withDivider(this.#withOwnHeld(messages)), ...(store.past ? [this.#later] : unsent.map((each) => this.#unsentRow(each)))];
    place(this.#log, rows);
    this.#rows.keep(rows);
    this.#showHeld(room, store);
    this.#showRules(room, store);
    this.#showWriting(store);
    this.#count(room, wasAtEnd);
    if (store.past) this.#newer.hidden = false;
    if (wasAtEnd && !store.past) this.#toEnd();
    if (first) this.#settle();
  }

  /** The first time that there is something to show.
   * @param {Room} room
   * @param {ChatStore} store */
  #begin(room, store) {
    this.#filled = true;
    this.#last = this.#newest();
    const unread = Number(room.own.unread ?? 0);
    if (unread) {
      this.#since = store.read;
      if (this.#isHidden()) this.#unseen = unread;
      if (!room.reaches(store.read)) this.#tellMissed(unread, store.read);
      this.dispatchEvent(new Event("unseen"));
    }
  }

  /** Where the log begins: at the message of the address, at what is new, or at the end. */
  #settle() {
    const wanted = Number(new URLSearchParams(location.search).get("message"));
    if (Number.isInteger(wanted) && wanted > 0) void this.#goTo(wanted);
    else if (!this.#isHidden()) this.#toNew();
  }

  /** More came than is loaded: the way to where it begins.
   * @param {number} count
   * @param {number} mark */
  #tellMissed(count, mark) {
    this.#missed.replaceChildren(make("p", { class: "fill" }, fill(ngettext("%(count)d new message since you left", "%(count)d new messages since you left", count), { count })),
      make("button", { class: "button", type: "button", click: () => { this.#missed.hidden = true; void this.#goTo(mark); } }, gettext("Go to the first")),
      make("button", { class: "button icon-only quiet", type: "button", "aria-label": gettext("Close"), click: () => { this.#missed.hidden = true; } }, icon("close")));
    this.#missed.hidden = false;
  }

  /** @param {number} size
   * @returns {HTMLElement} */
  #head(size) {
    const room = this.#room;
    if (this.#store?.more) this.#note.replaceChildren(this.#earlier);
    else if (room?.phase === "entering") this.#note.textContent = gettext("The chat is loading.");
    else if (room?.phase === "refused" || room?.phase === "closed") this.#note.textContent = "";
    else if (size === 0) this.#note.textContent = gettext("Nobody has written yet. Say hello!");
    else this.#note.textContent = gettext("This is the beginning of the chat.");
    return this.#note;
  }

  /** What one wrote and others do not see stands at its place.
   * @param {Message[]} messages
   * @returns {Message[]} */
  #withOwnHeld(messages) {
    const store = this.#store;
    if (!store || store.room.runs || store.past) return messages;
    const own = store.held.filter((each) => each.parent === null && store.room.reaches(each.id));
    return own.length ? [...messages, ...own].sort((one, other) => one.id - other.id) : messages;
  }

  /** @param {Message[]} messages
   * @returns {HTMLElement[]} */
  #withDivider(messages) {
    const me = this.#room?.me;
    const at = this.#since ? messages.findIndex((message) => message.id > this.#since && message.author.id !== me && message.state === "shown") : -1;
    const rows = messages.map((message) => this.#row(message));
    if (at < 0) return rows;
    this.#divider.textContent = gettext("New since you left");
    return [...rows.slice(0, at), this.#divider, ...rows.slice(at)];
  }

  /** @param {Message} message
   * @returns {HTMLElement} */
  #row(message) {
    const look = { store: /** @type {ChatStore} */ (this.#store), deeds: this.#deeds, open: this.#open === message.id, inThread: false };
    return this.#rows.row(message.client_id + message.id, shownBy(message, look), () => messageRow(message, look));
  }

  /** @param {Unsent} unsent
   * @returns {HTMLElement} */
  #unsentRow(unsent) {
    const room = /** @type {Room} */ (this.#room);
    const soon = /** @type {ChatStore} */ (this.#store).tooSoon;
    return this.#rows.row(unsent.client_id, unsent.state + unsent.reason + soon, () => unsentRow(unsent, soon, () => room.sendAgain(unsent.client_id), () => {
      room.discard(unsent.client_id);
      this.#composer?.takeBack(unsent.text);
    }));
  }

  // --- what holds here, and who is doing what ---

  #drawnHeld = "";

  /** @param {Room} room
   * @param {ChatStore} store */
  #showHeld(room, store) {
    const held = room.runs ? store.held : [];
    this.#held.hidden = held.length === 0;
    const drawn = JSON.stringify(held);
    if (drawn === this.#drawnHeld) return;
    this.#drawnHeld = drawn;
    this.#heldCount.textContent = String(held.length);
    this.#heldList.replaceChildren(...held.map((message) => {
      const look = { store, deeds: this.#deeds, open: false, inThread: true };
      const row = messageRow(message, look);
      row.querySelector(".message-menu")?.remove();
      const act = (/** @type {string} */ command, /** @type {string} */ symbol, /** @type {string} */ label, /** @type {string} */ kind) => make("button", { class: `button ${kind}`, type: "button", click: () => this.#deeds.done(store.act(command, message), message) }, icon(symbol), label);
      row.append(make("div", { class: "message-actions" }, act("chat.approve", "check", gettext("Approve"), "primary"), act("chat.dismiss", "close", gettext("Dismiss"), "quiet")));
      return row;
    }));
    this.dispatchEvent(new Event("unseen"));
  }

  /** @param {Room} room
   * @param {ChatStore} store */
  #showRules(room, store) {
    const shut = room.phase === "refused" || room.phase === "closed";
    if (this.#composer) this.#composer.element.hidden = shut || (room.phase === "here" && !store.open);
    const { chat, slow_mode, hold_messages } = store.rules;
    const on_stage = room.mayPublish;
    const sentence = room.muted ? gettext("Those who run this room have muted you here. You can read and listen along.")
      : chat === "closed" ? gettext("The chat is closed at the moment. It can be read.")
      : chat === "hosts" && !room.runs ? gettext("Only those who run this room write here at the moment.")
      : hold_messages && !room.runs ? gettext("Messages are looked at before others see them.")
      : slow_mode && !on_stage ? fill(ngettext("Slow mode: one message a second.", "Slow mode: one message in %(count)d seconds.", slow_mode), { count: slow_mode })
      : "";
    this.#rule.hidden = shut || !sentence || room.phase !== "here";
    if (this.#rule.textContent !== sentence) this.#rule.textContent = sentence;
  }

  /** @param {ChatStore} store */
  #showWriting(store) {
    const names = store.writing;
    this.#writing.hidden = names.length === 0;
    if (!names.length) return;
    const [name] = names;
    const words = names.length > 1 ? fill(ngettext("%(count)d person is writing …", "%(count)d people are writing …", names.length), { count: names.length })
      : name ? fill(gettext("%(name)s is writing …"), { name }) : gettext("Somebody is writing …");
    this.#writing.textContent = words;
  }

  // --- what is new ---

  /** @returns {number} */
  #newest() {
    return this.#room?.messages.at(-1)?.id ?? 0;
  }

  /** @param {Room} room
   * @param {boolean} wasAtEnd */
  #count(room, wasAtEnd) {
    const newest = this.#newest();
    if (this.#filled && newest > this.#last) {
      const fresh = room.messages.filter((message) => message.id > this.#last && message.author.id !== room.me).length;
      if (fresh && this.#isHidden()) {
        this.#unseen += fresh;
        this.dispatchEvent(new Event("unseen"));
      } else if (fresh && !wasAtEnd) this.#newer.hidden = false;
    }
    this.#last = Math.max(this.#last, newest);
    if (this.#follows) this.#look();
  }

  /** For the ear: what others wrote just now.
   * @param {Frame} frame */
  #hear(frame) {
    const saved = /** @type {Message} */ (frame.data);
    const thread = this.#store?.thread?.message.id;
    if (!this.#filled || saved.state !== "shown" || saved.author?.id === this.#room?.me) return;
    const first = Date.now() - new Date(saved.created).getTime() < 60_000 && !saved.edited && saved.replies === 0 && !Object.keys(saved.reactions).length;
    if (frame.update === "message.saved" && first && saved.id > this.#last) this.#ear.hear([saved]);
    if (frame.update === "reply.saved" && first && saved.parent === thread) this.#ear.hear([saved]);
  }

  /** The newest is before the reader's eyes. */
  #look() {
    if (!this.#isHidden() && this.#filled && !this.#store?.past) this.#read = Math.max(this.#read, this.#newest());
  }

  /** The reader turns away: what comes from now on is new when they are back. */
  #leave() {
    if (!this.#filled || !this.#read) return;
    this.#tellRead();
    if (!this.#since || this.#follows) this.#since = this.#read;
  }

  #tellRead() {
    const room = this.#room;
    if (room?.phase === "here" && this.#read > (this.#store?.read ?? 0)) void this.#store?.markRead(this.#read).catch(() => {});
  }

  /** @returns {boolean} */
  #isHidden() {
    return document.hidden || this.offsetParent === null;
  }

  // --- what one does ---

  /** @param {string} text
   * @param {number[]} mentions */
  #send(text, mentions) {
    this.#since = 0;
    this.#store?.toNewest();
    this.#room?.send(text, { mentions });
    void drawn().then(() => this.#toEnd());
  }

  /** @param {number} id */
  #toggle(id) {
    this.#open = this.#open === id ? 0 : id;
    this.#show();
    const row = this.#rowOf(id);
    if (!row) return;
    if (this.#open) {
      row.scrollIntoView({ block: "nearest" });
      const first = row.querySelector(".message-actions button");
      if (first instanceof HTMLElement) first.focus({ preventScroll: true });
    } else focusIn(row, "menu");
  }

  /** @param {Promise<unknown>} work
   * @param {number} id */
  async #done(work, id) {
    if (await done(work) && this.#open === id) this.#toggle(id);
  }

  /** @param {number} id */
  async #openThread(id) {
    this.#open = 0;
    await this.#done(/** @type {ChatStore} */ (this.#store).openThread(id), id);
  }

  /** Whoever comes back from a thread is where they went from.
   * @param {number} now */
  #backFromThread(now) {
    const was = this.#threadWas;
    this.#threadWas = now;
    if (!was || now) return;
    queueMicrotask(() => {
      const row = this.#rowOf(was);
      if (!row) return;
      row.scrollIntoView({ block: "nearest" });
      focusIn(row, "replies");
    });
  }

  #turnSearch() {
    this.#search.hidden = !this.#search.hidden;
    this.#searching.setAttribute("aria-expanded", String(!this.#search.hidden));
    if (this.#search.hidden) this.#searching.focus();
    else this.#search.begin();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented || this.#store?.thread) return;
    if (this.#open) this.#toggle(this.#open);
    else if (!this.#search.hidden) this.#turnSearch();
    else return;
    event.preventDefault();
  }

  /** Show a message among those around it.
   * @param {number} id */
  async #goTo(id) {
    const store = /** @type {ChatStore} */ (this.#store);
    if (!this.#search.hidden) this.#turnSearch();
    try {
      const found = await store.goTo(id);
      this.#follows = false;
      this.#show();
      const row = this.#thread.rowOf(found) ?? this.#rowOf(found);
      if (!row) return;
      row.scrollIntoView({ block: "center" });
      row.focus({ preventScroll: true });
      row.classList.add("sought");
      setTimeout(() => row.classList.remove("sought"), SOUGHT_FOR);
    } catch (error) {
      toast(reasonOf(error), "warning");
    }
  }

  /** @param {number} id
   * @returns {HTMLElement | null} */
  #rowOf(id) {
    return this.#log.querySelector(`[data-message="${id}"]`);
  }

  /** @param {() => Promise<unknown> | undefined} load
   * @param {boolean} above  what is loaded stands above what is read */
  async #load(load, above) {
    const from = this.#log.scrollHeight - this.#log.scrollTop;
    const button = above ? this.#earlier : this.#later;
    button.disabled = true;
    try {
      await load();
      await drawn();
      if (above) this.#log.scrollTop = this.#log.scrollHeight - from;
    } catch {
      // The button stays: it can be pressed again. Scrolling alone asks no more for a while.
      this.#failed = Date.now();
    } finally {
      button.disabled = false;
    }
  }

  /** @returns {boolean} */
  #atEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR;
  }

  #toNewest() {
    this.#store?.toNewest();
    this.#show();
    this.#toEnd();
  }

  #toEnd() {
    this.#follows = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#newer.hidden = true;
    this.#look();
  }
}

/** What was asked to be drawn is drawn. @returns {Promise<void>} */
const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

customElements.define("room-chat", RoomChat);
