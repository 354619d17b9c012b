// The live page: what comes by server-sent events goes into its place.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const link = $("link"), report = $("report"), figures = $("figures"), stop = $("stop");
  let ended = false;

  // say tells how the connection is, where that changes: it is read out.
  const say = (text, state) => {
    if (link.textContent !== text) link.textContent = text;
    document.body.dataset.link = state;
  };

  const partOf = (id) => document.querySelector(`[data-part="${CSS.escape(id)}"]`);

  const controls = "a,button,input,select,summary,[tabindex]";
  const list = (part, what) => [...part.querySelectorAll(what)];

  // state notes what the reader has done to a part, and returns what does it again.
  const state = (part) => {
    const open = list(part, "details").map((d) => d.open);
    const focus = list(part, controls).indexOf(document.activeElement);
    const scrolled = list(part, ".wide,.plotted").map((e) => [e.scrollLeft, e.scrollTop]);
    const sorted = list(part, "table.sort").map((t) => [...t.querySelectorAll("thead th")].map((h) => h.getAttribute("aria-sort")));
    const asked = list(part, "input[type=search]").map((i) => i.value);
    const top = part.scrollTop;
    return () => {
      list(part, "details").forEach((d, i) => { if (open[i] !== undefined) d.open = open[i]; });
      list(part, "table.sort").forEach((t, n) => (sorted[n] || []).forEach((how, i) => {
        const head = how && t.querySelectorAll("thead th")[i];
        for (let click = 0; head && click < 2 && head.getAttribute("aria-sort") !== how; click++) head.querySelector("button")?.click();
      }));
      list(part, "input[type=search]").forEach((i, n) => {
        if (asked[n]) { i.value = asked[n]; i.dispatchEvent(new Event("input")); }
      });
      list(part, ".wide,.plotted").forEach((e, i) => { if (scrolled[i]) [e.scrollLeft, e.scrollTop] = scrolled[i]; });
      part.scrollTop = top;
      if (focus >= 0) list(part, controls)[focus]?.focus({ preventScroll: true });
    };
  };

  // keep puts new content into a part, and leaves alone what the reader has done to it.
  const keep = (part, html) => {
    const restore = state(part);
    part.innerHTML = html;
    self.gonogoEnhance(part);
    restore();
  };

  // place finds a part of the report, or makes it behind the one that it follows.
  const place = (id, after) => {
    let part = partOf(id);
    if (part) return part;
    part = document.createElement("div");
    part.dataset.part = id;
    const before = after && partOf(after);
    if (before) before.after(part); else report.prepend(part);
    return part;
  };

  // held is what came for a part while the reader was busy with it.
  const held = new Map();
  let touched = 0;
  for (const kind of ["pointermove", "pointerdown", "keydown"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  const busy = (part) => {
    if (!part.closest("#report")) return false;
    const chosen = getSelection();
    return part.querySelector(".zoomed") || chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode) ||
      Date.now() - touched < 4000 && (part.matches(":hover") || part.contains(document.activeElement));
  };
  const release = () => {
    for (const [id, html] of held) {
      const part = partOf(id);
      if (part && busy(part)) continue;
      held.delete(id);
      if (part) keep(part, html);
    }
  };

  const now = (head) => {
    $("progress").value = head.Progress;
    $("elapsed").textContent = head.Elapsed;
    const ids = head.Figures.map((f) => f.ID);
    const shown = [...figures.querySelectorAll("dd")].map((d) => d.dataset.figure);
    if (ids.join() !== shown.join()) {
      figures.replaceChildren(...head.Figures.map((f) => {
        const row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
        dt.textContent = f.Label;
        dd.dataset.figure = f.ID;
        row.append(dt, dd);
        return row;
      }));
    }
    head.Figures.forEach((f) => {
      const dd = figures.querySelector(`[data-figure="${CSS.escape(f.ID)}"]`);
      if (dd.textContent !== f.Text) dd.textContent = f.Text;
    });
  };

  const part = ({ id, after, html }) => {
    if (!html && !["title", "state", "log"].includes(id)) {
      held.delete(id);
      partOf(id)?.remove();
      return;
    }
    const at = place(id, after);
    if (busy(at)) held.set(id, html); else { held.delete(id); keep(at, html); }
    if (id === "state") document.title = at.textContent + " · gonogo";
  };

  let source, again;
  const connect = () => {
    clearTimeout(again);
    source = new EventSource("/events?seen=" + encodeURIComponent(document.body.dataset.seen));
    source.onopen = () => say("live", "live");
    source.onerror = () => {
      if (ended) return;
      say("reconnecting", "lost");
      // A refusal ends an EventSource for good; a broken connection does not.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 5000);
    };
    const take = (name, show) => source.addEventListener(name, (e) => {
      if (e.lastEventId) document.body.dataset.seen = e.lastEventId; // all before it was shown
      show(JSON.parse(e.data));
    });
    take("now", now);
    take("part", part);
    source.addEventListener("ended", () => {
      ended = true;
      source.close();
      held.forEach((html, id) => { const p = partOf(id); if (p) keep(p, html); });
      held.clear();
      stop?.remove();
      say("", "ended");
    });
  };

  stop?.querySelector("form").addEventListener("submit", async (e) => {
    e.preventDefault();
    const button = stop.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch("/stop", { method: "POST", body: new URLSearchParams(new FormData(e.target)) });
      if (!answer.ok) throw new Error((await answer.text()).trim());
      stop.open = false;
    } catch (err) {
      button.disabled = false;
      say("not stopped: " + err.message, "live");
    }
  });

  setInterval(release, 1000);
  connect();
})();
