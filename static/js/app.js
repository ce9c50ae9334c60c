// What HTML and htmx cannot do: times in the reader's zone, the drawer, copying, and failed requests.
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => within.querySelectorAll(selector);

  // Times: relative, with the absolute in the reader's own zone on hover.
  const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  function ago(moment) {
    const seconds = (moment - Date.now()) / 1000;
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
    return relative.format(Math.trunc(seconds / size), unit);
  }

  const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const dayAndHour = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

  // The day is left out while there is no doubt about it.
  function clock(moment) {
    return Math.abs(Date.now() - moment) < 43_200_000 ? hour.format(moment) : dayAndHour.format(moment);
  }

  function tellTimes() {
    for (const time of $$("time[datetime]")) {
      const moment = new Date(time.dateTime);
      time.textContent = "full" in time.dataset ? full.format(moment) : "clock" in time.dataset ? clock(moment) : ago(moment);
      time.title = absolute.format(moment);
    }
  }

  // The drawer: a dialog with the address of the page that it shows.
  const drawer = $("#drawer");

  function openDrawer(source) {
    if (drawer.open) return;
    drawer.opener = source;
    drawer.edited = false;
    const title = $("#drawer-content h2")?.textContent.trim().replace(/\s+/g, " ") ?? "Details";
    drawer.setAttribute("aria-label", title);
    drawer.titleBehind = document.title;
    document.title = `${title} · ${document.title.split(" · ").at(-1)}`;
    history.pushState({ drawer: true }, "", source.href);
    drawer.showModal();
  }

  function mayClose() {
    return !drawer.edited || confirm("Discard what you typed?");
  }
  function closeDrawer() {
    if (drawer.open && mayClose()) drawer.close();
  }
  drawer.addEventListener("input", () => (drawer.edited = true));
  drawer.addEventListener("cancel", (event) => {
    if (!mayClose()) event.preventDefault();
  });
  // Browsers only let a page refuse the first Esc.
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    closeDrawer();
  });

  drawer.addEventListener("close", () => {
    $("#drawer-content").replaceChildren();
    document.title = drawer.titleBehind;
    if (history.state?.drawer) history.back();
    const opener = drawer.opener?.isConnected ? drawer.opener : document.getElementById(drawer.opener?.id);
    opener?.focus();
    bringToasts();
  });
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer || event.target.closest("[data-close]")) closeDrawer();
    // Its own address would add a step to the history.
    const within = event.target.closest("a[href^='#']");
    if (!within) return;
    event.preventDefault();
    const part = $(within.hash);
    (part?.matches("fieldset") ? $("input", part) : part)?.focus();
  });
  addEventListener("popstate", (event) => {
    if (event.state?.drawer) location.reload();
    else if (drawer.open) closeDrawer();
    if (drawer.open) history.pushState({ drawer: true }, "", drawer.opener.href);
  });

  // A failed request says so, and offers to try again.
  const WORDS = {
    400: "This form has expired. Reload the page.",
    401: "You have been logged out. Reload the page to log in.",
    403: "Your role does not allow that.",
    404: "This no longer exists. Reload the page.",
    409: "Something has changed. Reload the page.",
    429: "Too many requests. Wait a moment.",
  };
  // Answers that the same request would only get again.
  const FINAL = [400, 401, 403, 404, 409];

  const toasts = $("#toasts");

  // Nothing outside a modal dialog can be clicked.
  function bringToasts() {
    (drawer.open ? drawer : document.body).append(toasts);
  }

  function say(text, word, again) {
    const toast = $("#toast-template").content.firstElementChild.cloneNode(true);
    $("p", toast).textContent = text;
    const button = $("[data-again]", toast);
    button.textContent = word;
    button.addEventListener("click", () => {
      toast.remove();
      again();
    });
    bringToasts();
    $("#failures").replaceChildren(toast);
  }

  // What was done stays for a while, longer when it can be undone, and while somebody looks at it.
  const PLAIN_SECONDS = 7;
  const UNDO_SECONDS = 20;

  function letGo(toast) {
    let seconds = $("form", toast) ? UNDO_SECONDS : PLAIN_SECONDS;
    const timer = setInterval(() => {
      if (!toast.isConnected) return clearInterval(timer);
      if (!document.hidden && !toast.matches(":hover, :focus-within") && --seconds <= 0) toast.remove();
    }, 1000);
  }

  function said({ text, undo }) {
    const toast = $("#said-template").content.firstElementChild.cloneNode(true);
    $("p", toast).textContent = text;
    const form = $("form", toast);
    if (undo) fill(form, undo);
    else form.remove();
    bringToasts();
    $("#said").append(toast);
    if (undo) htmx.process(form);
    letGo(toast);
  }

  function fill(form, { action, fields, swaps }) {
    form.action = action;
    for (const [name, value] of fields) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    }
    if (!swaps) return;
    form.setAttribute("hx-post", action);
    form.setAttribute("hx-target", swaps);
    form.setAttribute("hx-swap", "outerHTML");
  }

  addEventListener("toast", ({ detail }) => {
    $("#failures").replaceChildren();
    for (const one of detail.said) said(one);
  });
  addEventListener("click", (event) => {
    if (event.target.closest?.("[data-dismiss]")) event.target.closest(".toast").remove();
  });
  addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx?.response?.status < 400) ctx.sourceElement?.closest?.(".toast")?.remove();
  });
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key !== "u" || event.ctrlKey || event.metaKey || event.altKey || target.matches?.("input:not([type=checkbox]), select, textarea")) return;
    const newest = [...$$("[data-undo]", toasts)].at(-1);
    newest?.click();
  });
  // A screen reader only reads what is added.
  $("#said").append(...$("#said").children);
  for (const toast of $$(".toast", toasts)) letGo(toast);

  function repeat(element, event) {
    if (event?.type === "submit") return () => element.requestSubmit(event.submitter);
    if (event?.type === "click") return () => element.click();
    return () => htmx.trigger(element, event?.type ?? "load");
  }

  function failed({ detail: { ctx } }) {
    if (!ctx || ctx.response?.status === 422) return;
    const status = ctx.response?.status;
    const said = ctx.response?.headers.get("X-Reason");
    const text = said || WORDS[status] || (status ? "Something went wrong on our side." : "No response. Check your connection.");
    if (FINAL.includes(status)) say(text, "Reload", () => location.reload());
    else say(text, "Try again", repeat(ctx.sourceElement, ctx.sourceEvent));
  }

  addEventListener("htmx:response:error", failed);
  addEventListener("htmx:error", failed);
  addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET") ctx.request.headers["X-CSRFToken"] = $("meta[name=csrf-token]").content;
  });
  addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    tellTimes();
    readyChoices();
    refill(ctx.sourceElement);
    if (ctx.response?.status === 422) focusFault();
    if (ctx.response?.status >= 400) return fold();
    const source = ctx.sourceEvent?.currentTarget ?? ctx.sourceElement;
    const inDrawer = source?.matches?.("[data-open]") && ctx.target?.id === "drawer-content";
    if (inDrawer || source?.matches?.("[data-drawer]")) openDrawer(source);
    // Redrawn fields may have other values than those that were shown beside them.
    if (["fields", "conditions"].includes(ctx.target?.id)) $("form.composer")?.dispatchEvent(new Event("change", { bubbles: true }));
    fold();
  });

  // A second click does not send a form twice; Back makes it usable again.
  const PATIENCE = 10_000;
  addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || submitter?.formTarget) return;
    if (Date.now() - (form.sentAt ?? 0) < PATIENCE) event.preventDefault();
    else form.sentAt = Date.now();
  });
  addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.hx?.redirect) drawer.inert = true;
  });
  addEventListener("pageshow", () => {
    drawer.inert = false;
    for (const form of document.forms) form.sentAt = 0;
  });

  // Small helpers in forms and lists.
  function focusFault() {
    $("[aria-invalid=true]")?.focus();
  }

  async function copy(button) {
    const from = $(button.dataset.copy);
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(from.value ?? from.textContent);
      button.textContent = "Copied";
    } catch { // Browsers allow this only over HTTPS.
      if (from.select) from.select();
      else getSelection().selectAllChildren(from);
      button.textContent = document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
    }
    setTimeout(() => (button.textContent = said), 1500);
  }

  function narrow(input) {
    const wanted = input.value.trim().toLowerCase();
    for (const group of $$(input.dataset.narrow + " details")) {
      let shown = 0;
      for (const choice of $$("label:not(:has([data-group]))", group)) {
        const fits = choice.textContent.toLowerCase().includes(wanted);
        choice.hidden = !fits;
        shown += fits;
      }
      group.hidden = !shown;
      if (wanted) group.open = true;
      for (const all of $$("label:has([data-group])", group)) all.hidden = Boolean(wanted);
    }
  }

  const choicesOf = (form) => [...form.elements].filter((one) => one.matches("[data-choice]"));

  const ofGroup = (all) => [...$$("input[name]", all.closest("details"))];

  // One tick for all events of a group.
  function readyGroups() {
    for (const all of $$("[data-group]")) {
      const ticked = ofGroup(all).filter((one) => one.checked).length;
      all.closest("label").hidden = Boolean($("#narrow")?.value);
      all.checked = ticked === ofGroup(all).length;
      all.indeterminate = ticked > 0 && !all.checked;
    }
  }

  function readyChoices() {
    readyGroups();
    for (const all of $$("[data-all]")) {
      all.hidden = false;
      countChosen(all.form);
    }
  }

  function countChosen(form) {
    const choices = choicesOf(form);
    const chosen = choices.filter((one) => one.checked).length;
    const all = $("[data-all]", form);
    all.checked = choices.length > 0 && chosen === choices.length;
    all.indeterminate = chosen > 0 && !all.checked;
    for (const button of $$("[data-chosen]", form)) {
      const verb = button.dataset.chosen;
      button.disabled = !chosen;
      if (verb) button.textContent = chosen ? `${verb} ${chosen} selected` : `${verb} selected`;
    }
    for (const count of $$("[data-count]", form)) count.textContent = chosen ? `${chosen} selected` : "Select all";
  }

  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) copy(button);
  });
  // A theme is put on at once; the form behind it keeps the choice.
  addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-theme-choice]");
    if (!choice) return;
    event.preventDefault();
    const { form, value } = choice;
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    for (const one of $$("[data-theme-choice]", form)) one.setAttribute("aria-pressed", String(one === choice));
    const fields = new FormData(form);
    fields.set("theme", value);
    fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
  });
  addEventListener("formdata", ({ target, formData }) => {
    if (target.method !== "get") return;
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
    if (!formData.has("since") && !formData.has("until")) formData.delete("zone");
  });
  // A field of the event beside a form becomes a condition: there is always an empty row.
  addEventListener("click", ({ target }) => {
    const { condition, value } = target.closest?.("[data-condition]")?.dataset ?? {};
    if (!condition) return;
    const part = (name, row) => $(`[name$="-${name}"]`, row);
    const row = [...$$("#conditions .condition")].find((one) => !part("field", one).value);
    if (!row) return $("#conditions [name=more]").focus();
    part("field", row).value = condition;
    part("operator", row).value = "equals";
    part("value", row).value = value;
    $("#conditions [name=more]").click();
  });
  addEventListener("input", (event) => {
    if (event.target.matches("[data-narrow]")) narrow(event.target);
  });
  addEventListener("change", (event) => {
    const { target } = event;
    if (target.matches("[data-group]")) {
      for (const one of ofGroup(target)) one.checked = target.checked;
    }
    if (target.matches("[data-group], #event_types [name]")) readyGroups();
    if (target.matches("[data-all]")) {
      for (const one of choicesOf(target.form)) one.checked = target.checked;
    }
    if (target.matches("[data-all], [data-choice]")) countChosen(target.form);
    const atOnce = target.matches("select, [type=checkbox]") && target.form?.matches("[data-at-once]");
    if (atOnce || target.matches("[data-submit]")) target.form.requestSubmit();
  });

  // A choice that fills in a box asks before it overwrites what was typed there.
  const filledBy = (choice) => choice?.dataset?.fills && choice.form?.elements[choice.dataset.fills];

  // A box that was typed in keeps its value when it gets another text.
  function refill(choice) {
    const box = filledBy(choice);
    if (box) box.value = box.defaultValue;
  }

  addEventListener("change", (event) => {
    const { target } = event;
    const box = filledBy(target);
    if (!box || box.value === box.defaultValue || confirm("Discard what you typed?")) return;
    event.stopImmediatePropagation();
    target.value = ([...target.options].find((one) => one.defaultSelected) ?? target.options[0]).value;
  }, true);

  // Times in a filter are in the reader's zone, unless the address names another.
  for (const zone of $$("[data-zone]")) {
    if ([...$$("[type=datetime-local]", zone.form)].some((input) => input.value)) continue;
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
    $(zone.dataset.zone).textContent = zone.value;
  }

  // Where there is no room beside a form, what it will do is folded until somebody asks.
  function fold() {
    for (const part of $$("details[data-fold]")) {
      if (part.folded === undefined && part.closest("form").clientWidth < 880) part.open = false;
      part.folded = true;
    }
  }

  // Code in the documentation can be copied.
  for (const [number, block] of $$(".prose pre").entries()) {
    const [part, button] = [document.createElement("div"), document.createElement("button")];
    block.id ||= `block-${number}`;
    part.className = "code-block";
    Object.assign(button, { type: "button", className: "quiet", textContent: "Copy" });
    button.dataset.copy = `#${block.id}`;
    block.replaceWith(part);
    part.append(block, button);
  }

  tellTimes();
  focusFault();
  readyChoices();
  fold();
  setInterval(tellTimes, 10_000);
})();
