// @ts-check

let offsetMs = 0;

/**
 * The server's clock is the one that counts.
 * @param {string} now
 */
export function setClock(now) {
  offsetMs = Date.parse(now) - Date.now();
}

/** Writes each time as how long ago it was, or how long it will be. */
export function tellTimes() {
  const now = Date.now() + offsetMs;
  for (const time of document.querySelectorAll("time[data-ago], time[data-countdown]")) {
    const at = Date.parse(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(at)) continue;
    const text = time.hasAttribute("data-ago") ? ago(now - at) : left(at - now);
    if (time.textContent !== text) time.textContent = text;
    time.setAttribute("title", new Date(at).toISOString().slice(0, 19).replace("T", " ") + " UTC");
  }
}

/** @param {number} ms */
function ago(ms) {
  if (ms < 10_000) return "just now";
  return `${span(ms < 120_000 ? ms : Math.floor(ms / 60_000) * 60_000)} ago`;
}

/** @param {number} ms */
function left(ms) {
  return ms <= 0 ? "now" : `in ${span(ms)}`;
}

/** @param {number} ms */
function span(ms) {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 600 && s % 60 > 0) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} days`;
}
