/**
 * Passkeys: a form with `data-passkey` asks the browser for a credential, puts it into its hidden field and is sent.
 * `get` signs in (the challenge is fetched from the form's own address), `create` makes a new one (the challenge stands in
 * the page). What the browser says no to is told in the words of the form's `data-none` and `data-cancelled`.
 */

import { toast } from "../toasts.js";

/** @param {string} text base64url
 * @returns {ArrayBuffer} */
export function toBytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0)).buffer;
}

/** @param {ArrayBuffer | null | undefined} bytes
 * @returns {string | undefined} base64url without padding */
export function toText(bytes) {
  if (!bytes) return undefined;
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @typedef {{ id: string, type: "public-key", transports?: AuthenticatorTransport[] }} Known */

/** @param {Known[] | undefined} known
 * @returns {PublicKeyCredentialDescriptor[] | undefined} */
const described = (known) => known?.map((one) => ({ ...one, id: toBytes(one.id) }));

/** A new credential that its owner can be found by: it opens the account alone.
 * @param {any} options as the server wrote them, bytes in base64url
 * @returns {Promise<object>} */
async function create(options) {
  const made = /** @type {PublicKeyCredential} */ (
    await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id) },
        excludeCredentials: described(options.excludeCredentials),
        authenticatorSelection: {
          ...options.authenticatorSelection,
          residentKey: "required",
          requireResidentKey: true,
          userVerification: "required",
        },
      },
    })
  );
  const answer = /** @type {AuthenticatorAttestationResponse} */ (made.response);
  return {
    ...common(made),
    response: {
      clientDataJSON: toText(answer.clientDataJSON),
      attestationObject: toText(answer.attestationObject),
      transports: answer.getTransports?.() ?? [],
    },
  };
}

/** @param {any} options as the server wrote them
 * @returns {Promise<object>} */
async function get(options) {
  const used = /** @type {PublicKeyCredential} */ (
    await navigator.credentials.get({
      publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: described(options.allowCredentials) },
    })
  );
  const answer = /** @type {AuthenticatorAssertionResponse} */ (used.response);
  return {
    ...common(used),
    response: {
      clientDataJSON: toText(answer.clientDataJSON),
      authenticatorData: toText(answer.authenticatorData),
      signature: toText(answer.signature),
      userHandle: toText(answer.userHandle),
    },
  };
}

/** @param {PublicKeyCredential} credential
 * @returns {object} */
function common(credential) {
  return {
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/** @param {HTMLFormElement} form
 * @returns {Promise<object>} */
async function ask(form) {
  if (form.dataset.passkey === "create") {
    const told = JSON.parse(document.getElementById("passkey-options")?.textContent ?? "{}");
    return create(told.creation_options.publicKey);
  }
  const response = await fetch(form.action, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return get((await response.json()).request_options.publicKey);
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!window.PublicKeyCredential) return toast(form.dataset.none ?? "", "error");
    const button = form.querySelector("button");
    button?.setAttribute("disabled", "");
    try {
      const credential = await ask(form);
      const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("credential"));
      field.value = JSON.stringify(credential);
      form.submit();
    } catch (error) {
      console.warn("passkey", error);
      toast(form.dataset.cancelled ?? "", "error");
      button?.removeAttribute("disabled");
    }
  });
}
