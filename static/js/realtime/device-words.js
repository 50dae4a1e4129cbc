/**
 * What to say when a camera or microphone cannot be used: which button to press, in the words and at the place of the browser
 * that the person has. Browsers translate their buttons themselves, so those are described by where they are, too.
 */

import { gettext } from "../i18n.js";

/** @typedef {"chrome" | "chrome-android" | "firefox" | "firefox-android" | "safari" | "safari-ios" | "wechat" | "other"} Browser */
/** @typedef {"refused" | "dismissed" | "system" | "missing" | "busy" | "insecure" | "unsupported" | "broken"} Trouble */

/** @param {string} agent
 * @param {number} [touches]   `navigator.maxTouchPoints`: an iPad says that it is a Mac
 * @returns {Browser} */
export function browserOf(agent, touches = 0) {
  if (/MicroMessenger/i.test(agent)) return "wechat";
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1)) return "safari-ios"; // the settings of all browsers there
  const phone = /Android/.test(agent);
  if (/Firefox\//.test(agent)) return phone ? "firefox-android" : "firefox";
  if (/Chrome\/|Chromium\/|Edg\//.test(agent)) return phone ? "chrome-android" : "chrome";
  return /Safari\//.test(agent) ? "safari" : "other";
}

/** What is the matter, from what the browser threw.
 * @param {unknown} error
 * @returns {Trouble | null} null where the person themselves said no to a picture of their screen */
export function troubleOf(error) {
  const { name = "", message = "" } = error instanceof Error || error instanceof DOMException ? error : {};
  if (name === "AbortError") return null;
  if (name === "NotAllowedError") return /system/i.test(message) ? "system" : /dismissed/i.test(message) ? "dismissed" : "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError") return "busy";
  if (name === "SecurityError") return "insecure";
  if (name === "NotSupportedError" || name === "TypeError") return "unsupported";
  return "broken";
}

/** How to allow camera and microphone again.
 * @param {Browser} browser
 * @returns {string} */
export function howToAllow(browser) {
  return {
    chrome: gettext("In Chrome and Edge: press the symbol at the start of the address (two sliders, or a crossed-out camera at its end), set Camera and Microphone to Allow, then press Try again."),
    "chrome-android": gettext("In Chrome on Android: press the symbol at the start of the address, then Permissions, and allow Camera and Microphone. If they are not listed there: in the phone's settings, Apps, Chrome, Permissions. Then press Try again."),
    firefox: gettext("In Firefox: press the crossed-out camera or microphone beside the address, press the cross next to Blocked, then press Try again and choose Allow."),
    "firefox-android": gettext("In Firefox on Android: press the lock beside the address and set Camera and Microphone to Allowed. If they are not listed there: in the phone's settings, Apps, Firefox, Permissions. Then press Try again."),
    safari: gettext("In Safari: in the menu bar choose Safari, then Settings for this website, and set Camera and Microphone to Allow. Then press Try again."),
    "safari-ios": gettext("On iPhone and iPad: press the symbol at the start of the address, then Website settings, and set Camera and Microphone to Allow. If it still does not work: in Settings, Apps, choose your browser and switch on Camera and Microphone. Then press Try again."),
    wechat: gettext("Inside WeChat camera and microphone often cannot be used. Press the three dots at the top, choose Open in browser, and sign in there."),
    other: gettext("Look for a camera or a lock beside the address, allow camera and microphone there, then press Try again."),
  }[browser];
}

/** What is the matter, in a sentence.
 * @param {Trouble} trouble
 * @param {"camera" | "microphone" | "both"} what
 * @returns {string} */
export function sentenceFor(trouble, what) {
  switch (trouble) {
    case "refused":
      return { camera: gettext("The browser does not let this page use your camera."), microphone: gettext("The browser does not let this page use your microphone."), both: gettext("The browser does not let this page use your camera and microphone.") }[what];
    case "dismissed":
      return gettext("The browser's question was closed without an answer. Press Try again and choose Allow.");
    case "system":
      return gettext("Your computer or phone does not let the browser use the camera or the microphone. Allow it in the privacy settings of the device, then press Try again.");
    case "missing":
      return { camera: gettext("No camera was found. Connect one; it is found by itself."), microphone: gettext("No microphone was found. Connect one; it is found by itself."), both: gettext("No camera and no microphone were found. Connect one; it is found by itself.") }[what];
    case "busy":
      return { camera: gettext("Another program is using your camera. Close it there, then press Try again."), microphone: gettext("Another program is using your microphone. Close it there, then press Try again."), both: gettext("Another program is using your camera or microphone. Close it there, then press Try again.") }[what];
    case "insecure":
      return gettext("Camera and microphone need a secure address (https). Ask the organizers for the right link.");
    case "unsupported":
      return gettext("This browser cannot use a camera or microphone here. Try a newer one.");
    default:
      return { camera: gettext("The camera could not be started. Press Try again."), microphone: gettext("The microphone could not be started. Press Try again."), both: gettext("The camera or microphone could not be started. Try again.") }[what];
  }
}

/** The same with the way out, for a short message.
 * @param {unknown} error
 * @param {string} agent
 * @param {number} touches
 * @returns {string} "" where the person themselves said no */
export function whyNoDevice(error, agent = navigator.userAgent, touches = navigator.maxTouchPoints) {
  const trouble = troubleOf(error);
  if (trouble === null) return "";
  const sentence = sentenceFor(trouble, "both");
  return trouble === "refused" ? `${sentence} ${howToAllow(browserOf(agent, touches))}` : sentence;
}
