// Passkeys: asks the server for options and the browser for a signature, then sends the form.
"use strict";

(() => {
  const able = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

  const isAt = (host) => location.hostname === host || location.hostname.endsWith(`.${host}`);

  function show(within) {
    for (const button of within.querySelectorAll("[data-passkey]")) {
      const here = isAt(button.dataset.host);
      button.hidden = !able || !here;
      const elsewhere = button.form.querySelector("[data-passkey-elsewhere]");
      if (elsewhere) elsewhere.hidden = !able || here;
    }
  }

  async function optionsFor(button) {
    const answer = await fetch(button.dataset.options, {
      method: "POST",
      headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
      body: new URLSearchParams({ purpose: button.dataset.passkey }),
    });
    if (!answer.ok) throw new Error(answer.status === 429 ? "Too many attempts. Wait a minute." : "This page has expired. Reload it.");
    return answer.json();
  }

  async function signed(button) {
    const options = await optionsFor(button);
    if (button.dataset.passkey === "register") {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
      return navigator.credentials.create({ publicKey });
    }
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return navigator.credentials.get({ publicKey });
  }

  // Browsers' own messages are for developers.
  const WORDS = {
    NotAllowedError: "The passkey was not used: it was cancelled, took too long, or this device has none.",
    InvalidStateError: "This device already has a passkey for your account.",
  };

  async function use(button) {
    const { form } = button;
    const fault = form.querySelector("[data-passkey-fault]");
    fault.hidden = true;
    if (button.dataset.passkey === "register" && !form.reportValidity()) return;
    button.disabled = true;
    try {
      form.elements.passkey.value = JSON.stringify((await signed(button)).toJSON());
      form.noValidate = true;
      form.requestSubmit();
    } catch (error) {
      fault.textContent = WORDS[error.name] ?? error.message;
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-passkey]");
    if (button) use(button);
  });
  addEventListener("htmx:after:swap", () => show(document));
  show(document);
})();
