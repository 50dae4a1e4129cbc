/** One message of the chat as it is drawn: its words, what people gave it, and what one may do with it. */

import { fill, gettext, ngettext } from "../i18n.js";
import { toast } from "../toasts.js";
import { avatar, icon, make } from "./dom.js";
import { reactionSymbol } from "./floating.js";
import { clockOrDay } from "./reader-clock.js";
import { unsentState } from "./unsent-state.js";

/** @import { ChatStore } from "./chat-store.js" */
/** @import { Message } from "./room.js" */
/** @import { Unsent } from "./outbox.js" */

/** What a row asks its chat to do.
 * @typedef {{toggle: (message: Message) => void, reply: (message: Message) => void, edit: (message: Message) => void, done: (work: Promise<unknown>, message: Message) => void}} Deeds */
/** @typedef {{store: ChatStore, deeds: Deeds, open: boolean, inThread: boolean}} Look */

/** Drawings of the emoji: devices without a font for them show boxes. */
const DRAWN = /** @type {Record<string, string>} */ ({ "👍": "thumb", "❤️": "heart", "👏": "clap", "🎉": "party", "😂": "laugh", "😮": "wow", "🤔": "thinking", "🙏": "thanks" });

/** @param {string} emoji
 * @returns {Element} */
const symbol = (emoji) => (DRAWN[emoji] ? reactionSymbol(DRAWN[emoji]) : make("span", { "aria-hidden": "true" }, emoji));

/** The row of a message.
 * @param {Message} message
 * @param {Look} look
 * @returns {HTMLElement} */
export function messageRow(message, look) {
  const { store, open } = look;
  const mine = message.author.id !== null && message.author.id === store.room.me;
  const gone = message.state === "deleted";
  const classes = ["message", mine && "mine", gone && "gone", (message.state === "held" || message.state === "dismissed") && "held", mentions(message, store.room.me) && "mentioned"];
  const name = make("bdi", { class: "name" }, message.author.name);
  return make("div", { class: classes.filter(Boolean).join(" "), "data-message": String(message.id), tabindex: "-1" },
    avatar(message.author),
    make("p", { class: "message-head" }, name, time(message.created), message.edited ? make("span", { class: "message-edited" }, gettext("edited")) : null),
    gone ? null : opener(message, look),
    gone ? make("p", { class: "message-text quiet" }, message.by_hosts ? gettext("Those who run the room deleted this message.") : gettext("This message was deleted."))
      : make("p", { class: "message-text", dir: "auto", lang: message.language || null }, ...words(message, store.room.me)),
    gone ? null : translation(message, store),
    waiting(message, mine),
    foot(message, look),
    open && !gone ? actions(message, mine, look) : null);
}

/** What a row shows: where that changes it is drawn anew.
 * @param {Message} message
 * @param {Look} look
 * @returns {string} */
export function shownBy(message, { store, open, inThread }) {
  const changeable = open && store.changeable(message);
  return JSON.stringify([message, store.room.me, store.room.runs, store.given(message.id), store.translations.get(message.id), store.open, open, inThread, changeable]);
}

/** @param {Message} message
 * @param {number | null} me
 * @returns {boolean} */
const mentions = (message, me) => me !== null && message.html.includes(`data-person="${me}"`);

/** The words with their links and mentions. The server has made them safe; all the same nothing but these is taken over.
 * @param {Message} message
 * @param {number | null} me
 * @returns {(Node | string)[]} */
export function words(message, me) {
  if (!message.html) return [message.text];
  const read = new DOMParser().parseFromString(message.html, "text/html");
  return [...read.body.childNodes].map((node) => {
    const text = node.textContent ?? "";
    if (node instanceof HTMLAnchorElement && /^https?:$/.test(node.protocol)) {
      return make("a", { href: node.href, target: "_blank", rel: "noopener nofollow ugc" }, text);
    }
    if (node instanceof HTMLElement && node.localName === "mark") {
      return make("bdi", { class: node.dataset.person === String(me) ? "mention me" : "mention" }, text);
    }
    return text;
  });
}

/** @param {Message} message
 * @param {Look} look
 * @returns {HTMLElement} */
function opener(message, { deeds, open }) {
  return make("button", {
    class: "button icon-only quiet message-menu", type: "button", "data-act": "menu", "aria-expanded": String(open),
    "aria-label": fill(gettext("What to do with the message of %(name)s"), { name: message.author.name }), click: () => deeds.toggle(message),
  }, icon(open ? "close" : "more"));
}

/** @param {Message} message
 * @param {ChatStore} store
 * @returns {HTMLElement | null} */
function translation(message, store) {
  const found = store.translations.get(message.id);
  return found ? make("div", { class: "message-translation" }, make("p", { class: "tiny quiet" }, icon("language"), " ", gettext("Translated by a machine")), make("p", { class: "message-words", lang: found.language }, make("bdi", {}, found.text))) : null;
}

/** @param {Message} message
 * @param {boolean} mine
 * @returns {HTMLElement | null} */
function waiting(message, mine) {
  if (!mine) return null;
  if (message.state === "held") return make("p", { class: "message-state" }, icon("clock"), " ", gettext("Others see this once those who run the room have looked at it."));
  if (message.state === "dismissed") return make("p", { class: "message-state" }, icon("hide"), " ", gettext("Those who run the room did not let this message through."));
  return null;
}

/** Reactions, and the way to the replies.
 * @param {Message} message
 * @param {Look} look
 * @returns {HTMLElement | null} */
function foot(message, { store, deeds, inThread }) {
  const given = store.given(message.id);
  const counted = store.room.chat.emoji.filter((emoji) => message.reactions[emoji] > 0).map((emoji) => {
    const count = message.reactions[emoji];
    const how = fill(ngettext("%(emoji)s %(count)d person", "%(emoji)s %(count)d people", count), { emoji, count });
    return make("button", { class: "chip pick given", type: "button", "data-act": `react-${emoji}`, "aria-pressed": String(given.includes(emoji)), "aria-label": how, disabled: !store.open && !given.includes(emoji), click: () => deeds.done(store.react(message, emoji), message) },
      symbol(emoji), make("span", { class: "number", "aria-hidden": "true" }, String(count)));
  });
  const replies = inThread || message.parent !== null || message.replies === 0 ? null
    : make("button", { class: "link message-replies", type: "button", "data-act": "replies", click: () => deeds.reply(message) }, icon("chat"), " ", fill(ngettext("%(count)d reply", "%(count)d replies", message.replies), { count: message.replies }));
  return counted.length || replies ? make("div", { class: "message-foot" }, ...counted, replies) : null;
}

/** What one may do, below the words.
 * @param {Message} message
 * @param {boolean} mine
 * @param {Look} look
 * @returns {HTMLElement} */
function actions(message, mine, { store, deeds, inThread }) {
  const { room } = store;
  const shown = message.state === "shown";
  const given = store.given(message.id);
  const bar = make("div", { class: "message-actions", role: "group", "aria-label": fill(gettext("What to do with the message of %(name)s"), { name: message.author.name }) });
  if (shown && store.open) {
    bar.append(make("div", { class: "message-emoji" }, ...room.chat.emoji.map((emoji) => make("button", {
      class: "button icon-only quiet emoji", type: "button", "data-act": `give-${emoji}`, "aria-pressed": String(given.includes(emoji)), "aria-label": fill(gettext("React with %(emoji)s"), { emoji }),
      click: () => deeds.done(store.react(message, emoji), message),
    }, symbol(emoji)))));
  }
  /** @param {string} act
   * @param {string} symbol
   * @param {string} label
   * @param {() => void} click
   * @param {string} [look] */
  const add = (act, symbol, label, click, look = "quiet") => bar.append(make("button", { class: `button ${look}`, type: "button", "data-act": act, click }, icon(symbol), label));
  if (shown && !inThread && store.open) add("reply", "chat", gettext("Reply"), () => deeds.reply(message));
  if (store.changeable(message) && store.open) add("edit", "edit", gettext("Change"), () => deeds.edit(message));
  const read = message.language.split("-")[0];
  if (shown && room.chat.translates && read && read !== document.documentElement.lang.split("-")[0]) {
    add("translate", "language", store.translations.has(message.id) ? gettext("Without translation") : gettext("Translate"), () => deeds.done(store.translate(message), message));
  }
  if (shown) add("copy", "link", gettext("Copy link"), () => deeds.done(copyLink(store, message), message));
  if (shown && !mine) {
    add("report", "flag", gettext("Report"), () => bar.dispatchEvent(new CustomEvent("report", { bubbles: true, composed: true, detail: { kind: "message", id: message.id, person: message.author.id } })));
  }
  if (mine || room.runs) bar.append(deletion(message, mine, store, deeds));
  return bar;
}

/** Asked twice: what is deleted does not come back.
 * @param {Message} message
 * @param {boolean} mine
 * @param {ChatStore} store
 * @param {Deeds} deeds
 * @returns {HTMLElement} */
function deletion(message, mine, store, deeds) {
  const box = make("span", { class: "row" });
  const first = make("button", { class: "button quiet", type: "button", "data-act": "delete", click: () => {
    const sure = make("button", { class: "button danger primary", type: "button", "data-act": "delete-now", click: () => deeds.done(store.act("chat.delete", message), message) }, icon("trash"), mine ? gettext("Delete for everyone") : gettext("Delete this message"));
    box.replaceChildren(sure, make("button", { class: "button quiet", type: "button", click: () => { box.replaceChildren(first); first.focus(); } }, gettext("Keep")));
    sure.focus();
  } }, icon("trash"), gettext("Delete"));
  box.append(first);
  return box;
}

/** @param {ChatStore} store
 * @param {Message} message */
async function copyLink(store, message) {
  const link = new URL(`${store.room.chat.address}${message.id}/`, location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    toast(gettext("The link to this message is copied."), "good");
  } catch {
    toast(link); // a page that may not write there, or a browser that has no such thing
  }
}

/** The row of what is not with the others yet.
 * @param {Unsent} unsent
 * @param {boolean} soon  it waits because the server said that it was too soon
 * @param {() => void} again
 * @param {() => void} takeBack
 * @returns {HTMLElement} */
export function unsentRow(unsent, soon, again, takeBack) {
  const failed = unsent.state === "failed";
  const waits = soon ? gettext("It is sent by itself as soon as the room allows.") : undefined;
  return make("div", { class: failed ? "message mine failed" : "message mine pending" },
    make("span", { class: "avatar", "aria-hidden": "true" }, icon(failed ? "warning" : "clock")),
    make("p", { class: "message-head" }, make("span", { class: "name" }, gettext("You"))),
    make("p", { class: "message-text", dir: "auto" }, unsent.text), unsentState(unsent, again, takeBack, waits));
}

/** @param {string} moment
 * @returns {HTMLElement} */
export function time(moment) {
  const date = new Date(moment);
  return make("time", { datetime: date.toISOString() }, clockOrDay(date));
}
