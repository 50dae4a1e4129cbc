import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { DEFAULTS, feedFor, readSettings } from "../../../static/js/realtime/caption-settings.js";
import { expanded, readAbbreviations, settled as words } from "../../../static/js/realtime/caption-words.js";
import { Captions } from "../../../static/js/realtime/captions.js";
import { CommandError } from "../../../static/js/realtime/socket.js";
import { settled, until } from "./server.js";

/** A room with a server behind it that keeps captions by the rules of docs/protocol.md. */
class CaptionedRoom extends EventTarget {
  id = 1;
  me = 7;
  phase = "here";
  socket = Object.assign(new EventTarget(), { state: "open" });
  state = { captions: new Map() };
  asked = [];
  refuse = [];
  lines = {};
  seq = {};
  followed = [];
  #next = 0;

  offer(...languages) {
    for (const language of languages) {
      this.state.captions.set(++this.#next, { id: this.#next, language, name: language, dir: "ltr", open: true, file: "" });
      this.lines[language] = [];
      this.seq[language] = 0;
    }
    return this;
  }

  async ask(command, data) {
    this.asked.push({ command, data });
    await new Promise((resolve) => setImmediate(resolve));
    const refusal = this.refuse.shift();
    if (refusal) throw new CommandError(refusal);
    if (command === "captions.follow") {
      this.followed = data.languages;
      const answer = Object.fromEntries(data.languages.map((language) => [language, { stream: this.#stream(language), seq: this.seq[language], lines: this.lines[language].slice(-8), more: this.lines[language].length > 8 }]));
      await this.pause;
      return { captions: answer };
    }
    const older = this.lines[data.language].filter(({ id }) => data.before === undefined || id < data.before);
    return { lines: older.slice(-3), more: older.length > 3 };
  }

  #stream(language) {
    return `room.1.captions.${language}`;
  }

  say(language, text, line = `line-${++this.#next}`) {
    const said = { id: ++this.#next, line, text, start: "2026-11-23T08:00:00Z", end: "2026-11-23T08:00:02Z", edited: false };
    this.lines[language].push(said);
    this.tell(language, "caption.saved", said);
    return said;
  }

  correct(language, said, text) {
    Object.assign(said, { text, edited: true });
    this.tell(language, "caption.saved", said);
  }

  remove(language, { id }) {
    this.lines[language] = this.lines[language].filter((said) => said.id !== id);
    this.tell(language, "caption.removed", { id });
  }

  tell(language, update, data) {
    const frame = { stream: this.#stream(language), update, seq: ++this.seq[language], data: { ...data } };
    if (this.followed.includes(language) && !this.deaf) this.deliver(frame);
    return frame;
  }

  write(language, line, text, person = 9) {
    this.deliver({ stream: this.#stream(language), signal: "writing", data: { line, text, person, name: "Somebody" } });
  }

  deliver(frame) {
    this.socket.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  cut() {
    this.socket.state = "waiting";
    this.phase = "away";
    this.followed = [];
    this.socket.dispatchEvent(new Event("state"));
    this.dispatchEvent(new Event("state"));
  }

  comeBack() {
    this.socket.state = "open";
    this.socket.dispatchEvent(new Event("state"));
    this.phase = "here";
    this.dispatchEvent(new Event("state"));
  }
}

/** @type {Captions[]} */
const open = [];
function read(room, ...languages) {
  const captions = new Captions(room);
  open.push(captions);
  captions.follow(languages);
  return captions;
}
beforeEach(() => mock.method(Math, "random", () => 0.001));
afterEach(() => { for (const each of open.splice(0)) each.stop(); mock.restoreAll(); });
const texts = (captions, language) => captions.lines(language).map(({ text }) => text);

test("whoever reads no captions asks for none", async () => {
  const room = new CaptionedRoom().offer("en");
  const captions = read(room);
  room.comeBack();
  await settled();
  assert.deepEqual([room.asked, captions.lines("en")], [[], []]);
});

test("reading shows what was said, and follows", async () => {
  const room = new CaptionedRoom().offer("en", "km");
  room.say("en", "Before");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  const second = room.say("en", "Second");
  room.say("km", "Not for us");
  const third = room.say("en", "Thrid");
  room.correct("en", third, "Third");
  room.remove("en", second);
  assert.deepEqual(texts(captions, "en"), ["Before", "Third"]);
  assert.deepEqual(texts(captions, "km"), []);
  assert.equal(captions.cameAt("en", captions.lines("en")[0].id), null);
  assert.notEqual(captions.cameAt("en", third.id), null);
  assert.ok(captions.since("en") > 0 && captions.since("km") === 0);
});

test("another language instead of the first", async () => {
  const room = new CaptionedRoom().offer("en", "km");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  captions.follow(["km"]);
  await until(() => captions.ready("km"));
  room.say("en", "English");
  room.say("km", "Khmer");
  assert.deepEqual([texts(captions, "en"), texts(captions, "km"), room.followed], [[], ["Khmer"], ["km"]]);
  captions.follow([]);
  await until(() => room.followed.length === 0);
});

test("a change of mind while asking ends with what was wanted last", async () => {
  const room = new CaptionedRoom().offer("en", "km");
  const captions = read(room, "en");
  captions.follow(["km"]);
  captions.follow(["en", "km"]);
  await until(() => captions.ready("en") && captions.ready("km"));
  assert.deepEqual(room.followed, ["en", "km"]);
});

test("what comes while asking is neither lost nor doubled", async () => {
  const room = new CaptionedRoom().offer("en");
  let go = () => {};
  room.pause = new Promise((resolve) => { go = () => resolve(undefined); });
  const captions = read(room, "en");
  await until(() => room.followed.includes("en"));
  room.say("en", "In between");
  go();
  await until(() => captions.ready("en"));
  room.say("en", "After");
  assert.deepEqual(texts(captions, "en"), ["In between", "After"]);
});

test("a missing number is noticed, and the newest lines are fetched", async () => {
  const room = new CaptionedRoom().offer("en");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  room.deaf = true;
  room.say("en", "Lost on the way");
  room.deaf = false;
  room.say("en", "Heard");
  await until(() => captions.lines("en").length === 2);
  assert.deepEqual(texts(captions, "en"), ["Lost on the way", "Heard"]);
});

test("after a cut what was said, corrected and deleted meanwhile is there", async () => {
  const room = new CaptionedRoom().offer("en");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  const one = room.say("en", "One");
  const two = room.say("en", "Tow");
  room.cut();
  room.remove("en", one);
  room.correct("en", two, "Two");
  room.say("en", "Three");
  room.comeBack();
  await until(() => captions.lines("en").length === 2 && texts(captions, "en")[1] === "Three");
  assert.deepEqual(texts(captions, "en"), ["Two", "Three"]);
});

test("told where the stream stands, whoever is behind asks again", async () => {
  const room = new CaptionedRoom().offer("en");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  room.deaf = true;
  room.say("en", "Not sent");
  room.deliver({ stream: "room.1.captions.en", signal: "resume", data: { seq: 1 } });
  await until(() => captions.lines("en").length === 1);
});

test("too fast is waited for", async () => {
  const room = new CaptionedRoom().offer("en");
  room.refuse.push({ code: "busy", message: "Too fast.", retry_after: 0.01 });
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
});

test("earlier lines come in pieces until there are none", async () => {
  const room = new CaptionedRoom().offer("en");
  for (let number = 0; number < 13; number += 1) room.say("en", `Line ${number}`);
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  assert.equal(captions.lines("en").length, 8);
  while (captions.more("en")) await captions.earlier("en");
  assert.equal(texts(captions, "en")[0], "Line 0");
  assert.equal(captions.lines("en").length, 13);
});

test("what is being typed is replaced by the line that it becomes, and comes too late afterwards", async () => {
  const room = new CaptionedRoom().offer("en");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  room.write("en", "a", "Good");
  assert.equal(captions.writing("en")?.text, "Good");
  room.say("en", "Good morning.", "a");
  assert.equal(captions.writing("en"), null);
  room.write("en", "a", "Good");
  assert.equal(captions.writing("en"), null);
  room.write("en", "b", "And");
  room.write("en", "c", "");
  assert.equal(captions.writing("en")?.line, "b");
  room.write("en", "b", "");
  assert.equal(captions.writing("en"), null);
});

test("what somebody was typing is not shown for ever", async () => {
  const room = new CaptionedRoom().offer("en");
  const captions = read(room, "en");
  await until(() => captions.ready("en"));
  room.write("en", "a", "Good");
  const later = Date.now() + 13_000;
  mock.method(Date, "now", () => later);
  assert.equal(captions.writing("en"), null);
});

// --- settings ---

test("what is kept is read as far as it makes sense", () => {
  assert.deepEqual(readSettings(null), DEFAULTS);
  assert.deepEqual(readSettings("{"), DEFAULTS);
  assert.deepEqual(readSettings("null"), DEFAULTS);
  assert.deepEqual(readSettings('{"size": 9, "look": "pink", "language": 5, "rows": "2", "x": 1}'), DEFAULTS);
  assert.deepEqual(readSettings('{"on": false, "size": 3, "look": "yellow", "language": "km", "place": "under"}'), { ...DEFAULTS, on: false, size: 3, look: "yellow", language: "km", place: "under" });
});

test("the language is the one chosen, else one of the reader's, else the first that goes on", () => {
  const feed = (language, going = true) => ({ language, open: going });
  const feeds = [feed("en"), feed("zh"), feed("my", false)];
  assert.equal(feedFor(feeds, "zh", ["en"])?.language, "zh");
  assert.equal(feedFor(feeds, "", ["zh-hans", "en"])?.language, "zh");
  assert.equal(feedFor(feeds, "", ["zh-CN"])?.language, "zh");
  assert.equal(feedFor(feeds, "km", ["th", "lo-LA"])?.language, "en");
  assert.equal(feedFor(feeds, "my", ["th"])?.language, "en");
  assert.equal(feedFor([feed("my", false), feed("en", false)], "en", [])?.language, "en");
  assert.equal(feedFor([], "en", ["en"]), null);
});

// --- words ---

test("half a word is not shown, and scripts without spaces are shown as they are", () => {
  assert.equal(words("Good morn"), "Good");
  assert.equal(words("Good morning "), "Good morning");
  assert.equal(words("Goo"), "");
  assert.equal(words("Ready, st"), "Ready,");
  assert.equal(words("欢迎来到昆明"), "欢迎来到昆明");
  assert.equal(words("欢迎来到Kunm"), "欢迎来到");
  assert.equal(words("សូមស្វាគមន៍"), "សូមស្វាគមន៍");
  assert.equal(words("ဒီနေ့"), "ဒီနေ့");
  assert.equal(words("خواتین و حضر"), "خواتین و");
  assert.equal(words(""), "");
});

test("short forms become long ones when their word ends", () => {
  const list = readAbbreviations("kmg = Kunming\nASEAN=Association of Southeast Asian Nations\n\nno form\nlmc=澜湄合作\ntwo words = no");
  assert.equal(list.size, 3);
  assert.equal(expanded("from kmg ", list, "en"), "from Kunming ");
  assert.equal(expanded("KMG,", list, "en"), "Kunming,");
  assert.equal(expanded("(asean)", list, "en"), "(Association of Southeast Asian Nations)");
  assert.equal(expanded("kmgs ", list, "en"), null);
  assert.equal(expanded("kmg", list, "en"), "Kunming");
  assert.equal(expanded("关于lmc ", list, "zh"), "关于澜湄合作");
  assert.equal(expanded("", list, "en"), null);
});
