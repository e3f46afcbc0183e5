// @ts-check
import { drawCharts, redrawCharts } from "./charts.js";
import { morph } from "./morph.js";
import { setClock, tellTimes } from "./times.js";

/** The server says something every other second; who is silent for so long is gone. */
const SILENCE_MS = 20_000;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;

const live = document.getElementById("live");
const said = document.getElementById("said");

document.documentElement.classList.add("scripted");

/** @type {EventSource | undefined} */
let source;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let silence;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
let waitMs = FIRST_WAIT_MS;

function connect() {
  disconnect();
  if (document.hidden) return;
  source = new EventSource("/events");
  source.addEventListener("message", ({ data }) => {
    waitMs = FIRST_WAIT_MS;
    hearken();
    show(JSON.parse(data));
    tellLive("Live", true);
  });
  source.addEventListener("error", () => {
    // What still connects does so by itself.
    if (source?.readyState === EventSource.CLOSED) lost();
    else tellLive("Connecting…", false);
  });
  hearken();
}

function disconnect() {
  source?.close();
  source = undefined;
  clearTimeout(silence);
  clearTimeout(again);
}

function hearken() {
  clearTimeout(silence);
  silence = setTimeout(lost, SILENCE_MS);
}

function lost() {
  disconnect();
  tellLive("Not live: the server does not answer", false);
  again = setTimeout(async () => {
    if (await isSignedOut()) location.reload();
    else connect();
  }, waitMs);
  waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
}

async function isSignedOut() {
  try {
    const { status } = await fetch("/openapi.json", { method: "HEAD" });
    return status === 401;
  } catch {
    return false;
  }
}

/**
 * @param {string} text
 * @param {boolean} isLive
 */
function tellLive(text, isLive) {
  if (!live) return;
  live.hidden = false;
  live.classList.toggle("is-live", isLive);
  if (live.textContent !== text) live.textContent = text;
}

/** @param {{ now: string, parts: Record<string, string> }} told */
function show({ now, parts }) {
  setClock(now);
  for (const [id, html] of Object.entries(parts)) {
    const old = document.getElementById(id);
    const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    if (!old || !fresh) continue;
    if (id === "state") tellState(old, fresh);
    morph(old, document.adoptNode(fresh));
  }
  drawCharts();
  tellTimes();
}

/**
 * Another state is told to who hears the page, and stands in the title.
 * @param {Element} old
 * @param {Element} fresh
 */
function tellState(old, fresh) {
  const word = fresh.getAttribute("data-word");
  if (!word) return;
  document.title = `${word} · log-vectorizer`;
  const before = old.getAttribute("data-word");
  if (before && before !== word && said && said.textContent === "") {
    const line = document.getElementById("spoken");
    if (line) line.textContent = `${word}. ${fresh.querySelector(".reason")?.textContent ?? ""}`;
  }
}

/** Buttons do their work without leaving the page. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-act")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button && button.getAttribute("aria-disabled") !== "true") void press(button, form);
});

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLFormElement} form
 */
async function press(button, form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields.set(name, value);
  }
  button.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: fields,
      headers: { accept: "application/json" },
    });
    if (response.status === 401) location.reload();
    const answer = await response.json();
    tell(answer.said ?? answer.detail ?? "");
  } catch {
    tell("The server does not answer.");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let forget;

/** @param {string} text */
function tell(text) {
  if (!said) return;
  said.textContent = text;
  clearTimeout(forget);
  forget = setTimeout(() => (said.textContent = ""), 8000);
}

const box = document.getElementById("q");
if (box instanceof HTMLTextAreaElement) {
  // As in a line: Enter searches, with Shift it is a new line.
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (box.value.trim() !== "") box.form?.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const isTyping = target instanceof HTMLElement && target.closest("input, textarea, select");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    box.focus();
  });
}

// What shows that a search was begun here is not for whoever gets this address.
const address = new URL(location.href);
if (address.searchParams.has("press")) {
  address.searchParams.delete("press");
  history.replaceState(null, "", address);
}
// What was done is told once, not at each reload.
if (location.search.includes("did=")) history.replaceState(null, "", "/");
document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCharts);
setInterval(tellTimes, 1000);
drawCharts();
tellTimes();
connect();
