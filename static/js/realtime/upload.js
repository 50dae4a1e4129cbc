/** Sending a file. */

import { csrfToken } from "../csrf.js";
import { gettext } from "../i18n.js";

/** Send a form with a file.
 * @param {string} address
 * @param {FormData} data
 * @param {(part: number) => void} onProgress  from 0 to 1
 * @returns {Promise<string>} what went wrong, in a sentence; "" if nothing did */
export function upload(address, data, onProgress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total); };
    request.onerror = request.ontimeout = () => resolve(gettext("The file did not arrive. Look at your connection and try again."));
    request.onload = () => {
      if (request.status === 201) return resolve("");
      try {
        resolve(JSON.parse(request.responseText).error.message);
      } catch {
        resolve(request.status === 413 ? gettext("The file is too large. Make it smaller, or give a link to it.") : gettext("The file was not taken. Please try again in a moment."));
      }
    };
    request.send(data);
  });
}
