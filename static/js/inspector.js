// The log of deliveries: a line opens beside the list, or in the drawer where there is no room for it.
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const drawer = $("#drawer");
  const BESIDE = matchMedia("(min-width: 72rem)");
  const TYPED = "input:not([type=checkbox]), select, textarea, [contenteditable]";

  const paneOf = (element) => $(":scope > .pane", element.closest(".inspector") ?? document.createElement("i"));
  const ownPane = () => $("main .inspector > .pane");
  const isFilled = (pane) => Boolean(pane?.firstElementChild);

  // Opening and closing

  async function open(link, { remember = true } = {}) {
    const pane = paneOf(link);
    const target = pane ?? $("#drawer-content");
    await htmx.ajax("GET", link.pathname, { source: link, target, swap: "innerHTML" });
    if (remember) note(link, pane);
    mark();
    if (!pane) return;
    pane.opener = link.closest(".logged") ? link : pane.opener;
    pane.scrollTop = 0;
    if (!BESIDE.matches) pane.focus();
  }

  // The first line that is opened is a step in the history, those after it take its place.
  function note(link, pane) {
    if (!pane && !drawer.open) return;
    if (drawer.open) history.replaceState({ drawer: true }, "", link.href);
    else if (isFilled(pane) && history.state?.pane) history.replaceState({ pane: true }, "", link.href);
    else history.pushState({ pane: true }, "", link.href);
  }

  function close(pane) {
    const opener = pane.opener?.isConnected ? pane.opener : current(pane);
    pane.replaceChildren();
    mark();
    (opener ?? $(".go", pane.closest(".inspector")))?.focus();
  }

  function shut(pane) {
    if (!drawer.contains(pane) && history.state?.pane) return history.back();
    history.replaceState(drawer.contains(pane) ? { drawer: true } : null, "", pane.dataset.list);
    close(pane);
  }

  // The list refreshes itself, so the line that is open is marked again after each swap.
  const idOf = (link) => link.pathname.split("/").at(-1);
  function mark() {
    for (const pane of $$(".pane")) {
      const id = $("[data-delivery]", pane)?.dataset.delivery;
      for (const link of $$(".go", pane.closest(".inspector"))) {
        if (idOf(link) === id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  }
  const current = (pane) => $(".go[aria-current]", pane.closest(".inspector"));

  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-open]");
    const isPlain = !event.defaultPrevented && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link && isPlain) {
      event.preventDefault();
      open(link);
    }
    const button = event.target.closest?.("[data-shut]");
    if (button) shut(button.closest(".pane"));
  });

  addEventListener("popstate", (event) => {
    const pane = ownPane();
    if (!pane || drawer.open || event.state?.drawer) return;
    const list = new URL(pane.dataset.list, location);
    if (location.pathname === list.pathname) return isFilled(pane) && close(pane);
    const link = $$(".go").find((one) => one.pathname === location.pathname);
    if (link) open(link, { remember: false });
    else location.reload();
  });
  addEventListener("htmx:after:swap", mark);

  // A list with chosen lines waits: a refresh would undo the choice.
  addEventListener("htmx:before:request", (event) => {
    const list = event.detail.ctx?.sourceElement;
    if (list?.matches?.("[data-patient]") && $("[data-choice]:checked", list)) event.preventDefault();
    // Nobody looks at a tab in the background, so what refreshes itself waits there.
    if (document.hidden && list?.getAttribute?.("hx-trigger")?.startsWith("every")) event.preventDefault();
  });

  // The keyboard: j and k go through the lines, and what is open follows; arrows do on a line.

  function step(by) {
    const within = drawer.open ? drawer : document;
    const lines = $$(".go", within);
    if (!lines.length) return false;
    const here = document.activeElement?.matches?.(".go") ? document.activeElement : $(".go[aria-current]", within);
    const next = lines[Math.min(lines.length - 1, Math.max(0, here ? lines.indexOf(here) + by : 0))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    if (next !== here && isFilled(paneOf(next))) open(next);
    return true;
  }

  const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { target, key } = event;
    if (target.matches?.(TYPED)) return;
    const onLine = target.matches?.(".go");
    if (key in STEPS && (key.length === 1 || onLine) && step(STEPS[key])) event.preventDefault();
    const beside = onLine && paneOf(target);
    if (key === "ArrowRight" && isFilled(beside)) {
      beside.focus();
      event.preventDefault();
    }
    const pane = ownPane();
    if (key === "Escape" && !drawer.open && isFilled(pane)) shut(pane);
  });

  // Copying what an address leads to: it is fetched when it is asked for.

  async function textAt(href) {
    const answer = await fetch(href);
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  async function copy(link) {
    const words = $("span", link);
    const said = words.textContent;
    try {
      await navigator.clipboard.writeText(await textAt(link.href));
      words.textContent = "Copied";
    } catch { // Browsers let a page write there only over HTTPS: then it is shown instead.
      location.assign(link.href);
    }
    setTimeout(() => (words.textContent = said), 1500);
  }

  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-copy-from]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    copy(link);
  });

  mark();
})();
