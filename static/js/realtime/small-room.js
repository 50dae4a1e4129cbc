/**
 * `<small-room room="12">`: a room of 2 to 12 people who all take part with camera and microphone. It is `<live-room>` with a gallery
 * in place of the stage, and like that it knows nothing but a room.
 */

import { LiveRoom } from "./live-room.js";
import { RoomGallery } from "./room-gallery.js";

class SmallRoom extends LiveRoom {
  connectedCallback() {
    this.classList.add("small");
    super.connectedCallback();
  }

  /** @override */
  makeStage() {
    return new RoomGallery();
  }
}

customElements.define("small-room", SmallRoom);
