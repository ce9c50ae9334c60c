// Going anywhere by name: Ctrl K or ⌘ K. "/" goes to the search of the page, "?" lists the keys.
"use strict";

(() => {
  const $ = (selector) => document.querySelector(selector);
  const palette = $("#palette");
  const text = $("#palette-text");
  const TYPED = "input:not([type=checkbox]), select, textarea, [contenteditable]";
  const links = () => [...palette.querySelectorAll("#found a")];

  function open() {
    if (palette.open || $("dialog[open]:modal")) return;
    text.value = "";
    palette.showModal();
    htmx.ajax("GET", palette.querySelector("form").action, { source: text, target: "#found", swap: "innerHTML" });
  }

  function move(by) {
    const all = links();
    const at = all.indexOf(document.activeElement) + by;
    if (at < 0) text.focus();
    else all[Math.min(at, all.length - 1)]?.focus();
  }

  palette.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // Enter opens what stands first.
  palette.querySelector("form").addEventListener("submit", (event) => {
    const [first] = links();
    if (!first) return;
    event.preventDefault();
    first.click();
  });
  for (const dialog of document.querySelectorAll("dialog.palette")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  addEventListener("keydown", (event) => {
    const isPalette = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
    if (isPalette) {
      event.preventDefault();
      return open();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.(TYPED) || $("dialog[open]")) return;
    if (event.key === "?") $("#keys").showModal();
    else if (event.key === "/") {
      const search = $("main input[type=search]");
      if (search) search.focus();
      else open();
    } else return;
    event.preventDefault();
  });
  addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-palette]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
})();
