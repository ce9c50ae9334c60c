// Choose bars of a chart, by dragging or by keys, and open the deliveries of that time.
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const DRAGGED = 5; // Pixels; less is a click on a bar.
  const hour = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

  // What is chosen: the bars of `chart` from `start` to `end`, both included and in either order.
  let chosen = null;
  let drag = null;

  const barsOf = (chart) => Number(chart.dataset.bars);
  const ends = () => [Math.min(chosen.start, chosen.end), Math.max(chosen.start, chosen.end)];
  const edge = (chart, bar) => new Date(Date.parse(chart.dataset.first) + bar * Number(chart.dataset.step) * 1000);

  function barAt(chart, x) {
    const { left, width } = chart.getBoundingClientRect();
    return Math.max(0, Math.min(barsOf(chart) - 1, Math.floor(((x - left) / width) * barsOf(chart))));
  }

  function inWords() {
    const [first, last] = ends();
    const counts = first === last ? $(`[data-bar="${first}"] title`, chosen.chart)?.textContent ?? "nothing" : `${last - first + 1} bars`;
    return `${hour.formatRange(edge(chosen.chart, first), edge(chosen.chart, last + 1))}: ${counts}`;
  }

  function draw() {
    const { chart, end } = chosen;
    const [first, last] = ends();
    const [brush, count] = [$(".brush", chart), barsOf(chart)];
    const span = brush.firstElementChild;
    span.hidden = false;
    span.style.left = `${(first / count) * 100}%`;
    span.style.width = `${((last + 1 - first) / count) * 100}%`;
    brush.setAttribute("aria-valuenow", end + 1);
    brush.setAttribute("aria-valuetext", inWords());
    $("#brushed").textContent = `${inWords()}. ${drag ? "Let go to see its deliveries." : "Enter opens its deliveries. Shift and arrow keys choose more."}`;
  }

  function choose(chart, start, end) {
    chosen = { chart, start, end };
    draw();
  }

  function letGo() {
    if (!chosen) return;
    $(".brush > span", chosen.chart).hidden = true;
    $("#brushed").textContent = $("#brushed").dataset.help;
    chosen = null;
  }

  function open() {
    const { chart } = chosen;
    const [first, last] = ends();
    const url = new URL(chart.dataset.brush, location.href);
    const written = (bar) => `${edge(chart, bar).toISOString().slice(0, 16)}+00:00`;
    url.searchParams.set("since", written(first));
    url.searchParams.set("until", written(last + 1));
    url.searchParams.set("zone", zone());
    location.assign(url);
  }

  addEventListener("pointerdown", ({ target, button, clientX }) => {
    const chart = target.closest?.("[data-brush]");
    drag = chart && button === 0 ? { chart, x: clientX, start: barAt(chart, clientX), moved: false } : null;
  });
  addEventListener("pointermove", ({ clientX, pointerId }) => {
    if (!drag || (!drag.moved && Math.abs(clientX - drag.x) < DRAGGED)) return;
    if (!drag.moved) drag.chart.setPointerCapture(pointerId);
    drag.moved = true;
    choose(drag.chart, drag.start, barAt(drag.chart, clientX));
  });
  addEventListener("pointerup", () => {
    if (drag?.moved) open();
  });
  function cancel() {
    drag = null;
    letGo();
  }
  addEventListener("pointercancel", cancel);
  addEventListener("pageshow", cancel);
  // The click that ends a drag is none on a bar.
  addEventListener("click", (event) => {
    if (drag?.moved && event.target.closest?.("[data-brush]")) event.preventDefault();
    drag = null;
  }, true);
  addEventListener("dragstart", (event) => {
    if (event.target.closest?.("[data-brush]")) event.preventDefault();
  });
  // The page behind a bar shows its times in the reader's zone, too.
  addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[data-zoned]");
    if (!link) return;
    const url = new URL(link.href?.baseVal ?? link.href, location.href);
    url.searchParams.set("zone", zone());
    link.setAttribute("href", url.href);
  });

  const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) return cancel();
    const chart = event.target.matches?.(".brush") && event.target.closest("[data-brush]");
    if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = barsOf(chart) - 1;
    if (chosen?.chart !== chart) choose(chart, last, last);
    if (event.key === "Enter") open();
    else if (event.key === "Escape") choose(chart, chosen.end, chosen.end);
    else if (event.key in STEPS) {
      const end = Math.max(0, Math.min(last, chosen.end + STEPS[event.key]));
      choose(chart, event.shiftKey ? chosen.start : end, end);
    } else return;
    event.preventDefault();
  });
  addEventListener("focusin", ({ target }) => {
    if (!target.matches?.(".brush")) return;
    const chart = target.closest("[data-brush]");
    choose(chart, barsOf(chart) - 1, barsOf(chart) - 1);
  });
  addEventListener("focusout", ({ target }) => {
    if (target.matches?.(".brush")) letGo();
  });
  // The overview redraws its chart while somebody chooses.
  addEventListener("htmx:after:swap", () => {
    if (!drag?.chart.isConnected) drag = null;
    if (chosen?.chart.isConnected) draw();
    else chosen = null;
  });
})();
