/**
 * `<venue-screen room="12" socket="/ws/screen/K7Q2MB/">`: the room on the wall of the hall. It shows and has no controls.
 *
 * Nobody stands beside it: it connects again for ever, whatever the server said, keeps showing what it knows meanwhile, and tells
 * how it stands by a small mark only. The page is fetched again once a minute and after each cut, for the session and the one
 * that comes next; when the server has another version the page loads itself anew, and only when the server answers.
 */

import { fill, gettext, ngettext } from "../i18n.js";
import { pick, Standing } from "./announcements.js";
import { broadcastOf, standing as broadcastAt } from "./broadcast.js";
import { Captions } from "./captions.js";
import { clockOf } from "./countdown.js";
import { icon, make, onceAFrame } from "./dom.js";
import { Floating } from "./floating.js";
import { Room } from "./room.js";
import { isTall, largest, lengthOf, percents, planOf, trim } from "./screen-plan.js";
import { Socket } from "./socket.js";
import { lineTo, probeOnWaking } from "./tab.js";

/** @import { Announcement } from "./announcements.js" */
/** @import { Hand, Question } from "./queue.js" */
/** @import { Poll } from "./room-polls.js" */
/** @import { Plan } from "./screen-plan.js" */
/** @import { Frame } from "./socket.js" */

const MOST_SYMBOLS = 60;
const MOST_WORDS = 24;
const MOST_BESIDE = 6;
const MOST_LANGUAGES = 2;
const CAPTIONS_STAY = 15_000;
/** After a refusal: nobody signs in here, but a link or a session may be good again. */
const ASK_AGAIN = 30_000;
const FETCH_EVERY = 60_000;
const SIZES = [1, 0.9, 0.8, 0.72, 0.64, 0.56, 0.5, 0.44];
const ANNOUNCED = 10 * 60_000;
const URGENT = 60 * 60_000;

class VenueScreen extends HTMLElement {
  /** @type {Socket} */ #socket = new Socket(() => lineTo(this.getAttribute("socket") ?? ""));
  /** @type {Room | null} */ #room = null;
  #standing = new Standing();
  /** @type {Captions | null} */ #captions = null;
  #captioned = make("section", { class: "screen-captions", "aria-label": gettext("Captions"), hidden: true });
  #floating = new Floating(MOST_SYMBOLS);
  #main = make("section", { class: "screen-main", "aria-label": gettext("What happens now") });
  #hands = make("section", { class: "screen-hands", hidden: true });
  #news = make("section", { class: "screen-news", role: "status", hidden: true });
  #closed = make("section", { class: "screen-closed", role: "status", hidden: true });
  #starts = make("p", { class: "screen-starts", hidden: true });
  #clock = make("time", { class: "screen-clock" });
  #dot = make("span", { class: "screen-dot", role: "img" });
  #count = make("p", { class: "screen-count" });
  /** What was drawn where, so that only what changes is drawn again. @type {Map<HTMLElement, string>} */ #drawn = new Map();
  /** @type {ReturnType<typeof setInterval>[]} */ #timers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #again;
  #cut = false;
  #draw = onceAFrame(() => this.#show());

  connectedCallback() {
    const id = Number(this.getAttribute("room"));
    if (!Number.isInteger(id) || id < 1 || this.#room) return;
    const room = (this.#room = new Room(this.#socket, id));
    this.querySelector(".screen-body")?.prepend(this.#main);
    this.querySelector(".screen-head")?.append(this.#starts, this.#clock, this.#dot);
    this.querySelector(".screen-side")?.append(this.#count, this.#hands);
    this.append(this.#captioned, this.#news, this.#floating.element, this.#closed);
    room.addEventListener("state", () => {
      // Not let in though the line stands: nobody presses anything here, so it is tried from the beginning.
      if (room.phase === "refused" && this.#socket.state === "open") this.#again = setTimeout(() => { this.#socket.stop(); this.#socket.start(); }, ASK_AGAIN);
    });
    room.addEventListener("change", () => { trim(room.state); this.#draw(); });
    this.#captions = new Captions(room);
    this.#captions.addEventListener("change", this.#draw);
    room.addEventListener("signal", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    this.#socket.addEventListener("state", () => this.#onState());
    this.#socket.addEventListener("frame", (arrived) => {
      const frame = /** @type {CustomEvent<Frame>} */ (arrived).detail;
      if (frame.stream !== this.#event) return;
      if (frame.update?.startsWith("announcement.")) this.#standing.take(frame);
      if (frame.update === "programme.saved") setTimeout(() => void this.#fetch(), Math.random() * 5000);
    });
    this.#standing.addEventListener("change", this.#draw);
    probeOnWaking(this.#socket);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void stayAwake(); });
    // Another projector, another strip of captions, faces that arrive late: fit again.
    const body = this.querySelector(".screen-body");
    if (body) new ResizeObserver(() => this.#fit()).observe(body);
    void document.fonts?.ready.then(() => this.#fit());
    void stayAwake();
    this.#timers = [
      setInterval(() => this.#tick(), 1000),
      setInterval(() => setTimeout(() => void this.#fetch(), Math.random() * 10_000), FETCH_EVERY),
    ];
    room.start();
    this.#socket.start();
    this.#tick();
  }

  disconnectedCallback() {
    this.#timers.forEach(clearInterval);
    clearTimeout(this.#again);
    this.#captions?.stop();
    this.#room?.stop();
    this.#socket.stop();
  }

  #onState() {
    const { state } = this.#socket;
    if (state === "open") {
      if (this.#cut) setTimeout(() => void this.#fetch(), Math.random() * 5000);
      this.#cut = false;
      void this.#followEvent();
    } else this.#cut = true;
    clearTimeout(this.#again);
    if (state === "refused") this.#again = setTimeout(() => this.#socket.start(), ASK_AGAIN * (0.8 + Math.random() * 0.4));
    this.#draw();
  }

  /** @returns {string} the stream of what is told to the whole event */
  get #event() {
    return `event.${this.dataset.event}`;
  }

  async #followEvent() {
    try {
      const { state } = await this.#socket.ask("event.follow", { event: Number(this.dataset.event) });
      this.#standing.replace(this.#event, state.announcement ?? []);
    } catch {
      // The next time the line opens it is tried again; the room itself stands without it.
    }
  }

  /** @param {Frame} frame */
  #take(frame) {
    if (frame.signal === "reacted") this.#floating.show(frame.data);
    else if (frame.signal === "tally" && this.#room) {
      for (const { id, answers, results } of frame.data.polls) {
        const known = this.#room.state.poll?.get(id);
        if (known) this.#room.state.poll.set(id, { ...known, answers, results: known.shown ? results ?? known.results : null });
      }
      this.#draw();
    }
  }

  #tick() {
    const now = new Date(this.#socket.now());
    const told = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: this.dataset.zone }).format(now);
    if (this.#clock.textContent !== told) this.#clock.textContent = told;
    this.#draw();
  }

  /** What the socket does not tell: which session this is, and the next; and whether the server is another one. */
  async #fetch() {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("venue-screen");
      if (!(fresh instanceof HTMLElement)) return;
      if (fresh.dataset.version !== this.dataset.version) {
        location.reload();
        return;
      }
      for (const part of fresh.querySelectorAll("[data-part]")) {
        const known = this.querySelector(`[data-part="${part.getAttribute("data-part")}"]`);
        if (known && known.innerHTML !== part.innerHTML) known.replaceChildren(...part.childNodes);
      }
      this.#fit();
    } catch {
      // The next time; what stands here is true as of its loading.
    }
  }

  // --- drawing ---

  #show() {
    const room = this.#room;
    if (!room) return;
    const plan = planOf(room.state);
    const refused = this.#socket.state === "refused" || room.phase === "refused";
    this.dataset.shows = refused ? "closed" : plan.idle ? "idle" : [plan.question && "question", plan.poll && "poll", plan.waiting.length && "queue"].filter(Boolean).join(" ");
    this.#redraw(this.#main, plan.question || plan.poll || plan.waiting.length ? [plan.question, plan.poll, plan.waiting] : null, () => this.#cards(plan), true);
    this.#redraw(this.#hands, plan.hands.length ? plan.hands : null, () => handsIn(plan.hands));
    const { count, in_hall: inHall = 0 } = room.presence;
    const people = ngettext("%(count)d person is here", "%(count)d people are here", count);
    const words = inHall && inHall < count ? `${fill(people, { count })} · ${fill(gettext("%(count)d in the hall"), { count: inHall })}` : fill(people, { count });
    this.#count.textContent = count ? words : "";
    const { phase, left } = broadcastAt(broadcastOf(room), this.#socket.now());
    this.#redraw(this.#starts, phase === "starting" && left > 0 ? left : null, (seconds) => [icon("signal"), make("span", {}, `${gettext("Live in")} ${clockOf(seconds)}`)]);
    this.#showNews();
    this.#showCaptions();
    this.#redraw(this.#closed, refused ? [this.#socket.error?.message ?? room.problem?.message ?? ""] : null, ([sentence]) => [icon("lock"), make("p", { dir: "auto" }, String(sentence || gettext("This screen is not open at the moment.")))]);
    this.#showDot(room.phase === "here" && !this.#socket.delayed);
  }

  /** @template Shown
   * @param {HTMLElement} element
   * @param {Shown | null} what  null: the element is not shown
   * @param {(what: Shown) => (Node | null)[]} draw
   * @param {boolean} [fitting]  whether it must become as small as there is room */
  #redraw(element, what, draw, fitting = false) {
    const drawn = JSON.stringify(what);
    if (this.#drawn.get(element) === drawn) return;
    this.#drawn.set(element, drawn);
    element.hidden = what === null;
    element.replaceChildren(...(what === null ? [] : draw(what).filter((each) => each !== null)));
    if (fitting) this.#fit();
  }

  #fit() {
    fit([...this.#main.children, ...this.querySelectorAll(".screen-idle")]);
  }

  /** @param {Plan} plan
   * @returns {(HTMLElement | null)[]} */
  #cards(plan) {
    return [plan.question && questionCard(plan.question), plan.poll && pollCard(plan.poll, plan.question !== null), plan.waiting.length ? queueCard(plan.waiting) : null];
  }

  #showNews() {
    const room = /** @type {Room} */ (this.#room);
    this.#standing.replace(`room.${room.id}`, /** @type {Map<number, Announcement>} */ (room.state.announcement ?? new Map()).values());
    const now = this.#socket.now();
    const holds = this.#standing.all.filter((each) => now - Date.parse(each.created) < (each.urgent ? URGENT : ANNOUNCED));
    const news = holds.find((each) => each.urgent) ?? holds[0] ?? null;
    this.#redraw(this.#news, news, ({ text, urgent }) => {
      const { tag, words } = pick(text, document.documentElement.lang);
      this.#news.classList.toggle("urgent", urgent);
      return [icon(urgent ? "warning" : "bell"), make("p", { dir: "auto", lang: tag }, words)];
    });
  }

  /** The words of the stage: two lines of each language, of no more than two languages. */
  #showCaptions() {
    const captions = /** @type {Captions} */ (this.#captions);
    const feeds = captions.feeds.filter(({ open }) => open).slice(0, MOST_LANGUAGES);
    captions.follow(feeds.map(({ language }) => language));
    const now = Date.now();
    const told = feeds.map(({ language, dir }) => {
      const fresh = captions.lines(language).slice(-2).filter(({ id, end }) => now - (captions.cameAt(language, id) ?? Date.parse(end)) < CAPTIONS_STAY);
      const writing = captions.writing(language);
      return { language, dir, lines: [...fresh.map(({ text }) => text), ...(writing ? [writing.text] : [])].slice(-2) };
    }).filter(({ lines }) => lines.length);
    this.#redraw(this.#captioned, told.length ? told : null, (spoken) => spoken.map(({ language, dir, lines }) => make("p", { lang: language, dir }, lines.join(" "))));
  }

  /** @param {boolean} well */
  #showDot(well) {
    this.#dot.className = well ? "screen-dot" : "screen-dot away";
    this.#dot.setAttribute("aria-label", well ? gettext("Connected") : gettext("Connecting again…"));
  }
}

/** @param {string} text
 * @returns {HTMLElement} */
function words(text) {
  return make("p", { class: `screen-text ${lengthOf(text)}${isTall(text) ? " tall" : ""}`, dir: "auto" }, text);
}

/** Nobody scrolls a wall: what does not fit becomes smaller, as little as it must.
 * @param {Iterable<Element>} cards */
function fit(cards) {
  for (const card of cards) {
    if (!(card instanceof HTMLElement)) continue;
    largest(SIZES, (size) => {
      card.style.setProperty("--fit", String(size));
      return card.scrollHeight <= card.clientHeight + 1 && card.scrollWidth <= card.clientWidth + 1;
    });
  }
}

/** @param {Question} question
 * @returns {HTMLElement} */
function questionCard(question) {
  return make("article", { class: "screen-question" },
    make("p", { class: "screen-label" }, icon("mic"), gettext("Being answered now")),
    words(question.text),
    askedBy(question));
}

/** @param {Question} question
 * @returns {HTMLElement} */
function askedBy(question) {
  const place = question.place === "hall" ? gettext("In the hall") : gettext("Online");
  return make("p", { class: "screen-by" }, make("bdi", {}, question.author?.name ?? gettext("Without a name")), ` · ${place}`);
}

/** @param {Question[]} questions
 * @returns {HTMLElement} */
function queueCard(questions) {
  return make("article", { class: "screen-queue" },
    make("p", { class: "screen-label" }, icon("chat"), gettext("Questions")),
    make("ol", { class: "plain" }, ...questions.map((each) => make("li", {},
      make("div", { class: "fill" }, words(each.text), askedBy(each)),
      make("p", { class: "screen-votes" }, icon(each.pinned ? "bookmark" : "arrow-up"), make("span", {}, String(each.votes)),
        make("span", { class: "hidden-visually" }, ngettext("person wants to hear this", "people want to hear this", each.votes)))))));
}

/** @param {Poll} poll
 * @param {boolean} beside  whether a question stands there too: then a long list is left to the phones
 * @returns {HTMLElement} */
function pollCard(poll, beside) {
  const answers = fill(ngettext("%(count)d answer", "%(count)d answers", poll.answers), { count: poll.answers });
  return make("article", { class: "screen-poll" },
    make("p", { class: "screen-label" }, icon("list"), poll.state === "open" ? gettext("Poll: answer on your phone") : gettext("Results")),
    words(poll.title),
    beside && Math.max(poll.options.length, poll.results?.length ?? 0) > MOST_BESIDE ? null : poll.results ? results(poll) : options(poll),
    make("p", { class: "screen-by" }, answers));
}

/** @param {Poll} poll
 * @returns {HTMLElement | null} */
function options(poll) {
  if (!poll.options.length) return null;
  return make("ol", { class: crowded(poll.options.length, "screen-options plain") }, ...poll.options.map((each) => make("li", { dir: "auto" }, each)));
}

/** @param {Poll} poll
 * @returns {HTMLElement} */
function results(poll) {
  const all = poll.results ?? [];
  if (poll.kind === "words") {
    const most = Math.max(1, ...all.map(({ count }) => count));
    const shown = all.slice(0, MOST_WORDS);
    return make("ul", { class: "screen-words plain" }, ...shown.map(({ label, count }) => make("li", { class: `size-${Math.ceil((4 * count) / most)}` }, make("bdi", {}, label), " ", make("span", {}, String(count)))));
  }
  const parts = percents(all, poll.answers);
  return make("table", { class: crowded(all.length, "screen-results") }, make("tbody", {}, ...all.map(({ label, count }, at) => make("tr", {},
    make("th", { scope: "row", dir: "auto" }, label),
    make("td", { class: "long" }, make("progress", { value: parts[at], max: "100", "aria-hidden": "true" })),
    make("td", {}, `${parts[at]} %`), make("td", { class: "quiet" }, String(count))))));
}

/** @param {number} many
 * @param {string} look
 * @returns {string} */
function crowded(many, look) {
  return many > 8 ? `${look} crowded` : many > 5 ? `${look} many` : look;
}

/** @param {Hand[]} hands
 * @returns {(HTMLElement | null)[]} */
function handsIn(hands) {
  return [make("p", { class: "screen-label" }, icon("hand"), gettext("Who speaks next")),
    make("ol", { class: "plain" }, ...hands.map((hand) => make("li", { class: hand.state },
      hand.state === "speaking" ? icon("mic") : null,
      make("bdi", {}, hand.person?.name ?? hand.name),
      hand.state === "speaking" ? make("span", { class: "hidden-visually" }, gettext("Has the word")) : null)))];
}

/** A projector that goes dark in the middle of a talk is worse than none.
 * @returns {Promise<void>} */
async function stayAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // The device decides; at the next look it is asked again.
  }
}

customElements.define("venue-screen", VenueScreen);
