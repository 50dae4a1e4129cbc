/** The stage's picture in a small window over other programs, while one does something else. */

/** @returns {boolean} */
export function mayFloat() {
  return Boolean(document.pictureInPictureEnabled) && "requestPictureInPicture" in HTMLVideoElement.prototype;
}

/** The picture that matters most: a screen before a person, the largest first.
 * @param {Element} stage
 * @returns {HTMLVideoElement | null} */
export function mainPicture(stage) {
  const shown = [...stage.querySelectorAll("video")].filter((video) => !video.hidden && video.videoWidth > 0 && video.readyState > 0);
  const rank = (/** @type {HTMLVideoElement} */ video) => (video.closest(".tile.screen") ? 1e9 : 0) + video.clientWidth * video.clientHeight;
  return shown.sort((one, other) => rank(other) - rank(one))[0] ?? null;
}

/** Out of the page, or back into it.
 * @param {Element} stage
 * @returns {Promise<boolean>} whether there was a picture to do it with */
export async function toggleFloat(stage) {
  if (document.pictureInPictureElement) {
    await document.exitPictureInPicture();
    return true;
  }
  const video = mainPicture(stage);
  if (!video) return false;
  await video.requestPictureInPicture();
  return true;
}
