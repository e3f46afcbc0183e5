import { count, usd } from "../../telemetry/phrases.ts";
import { html, type Html } from "../html.ts";

const NUMBER = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** "1,234". */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** "1.2M", for where there is little room. */
export function shortNumber(value: number): string {
  return SHORT.format(value);
}

/** "1 token", "1.2M tokens". */
export function shortCount(value: number, noun: string): string {
  return count(value, noun).replace(/^\d+/, shortNumber(value));
}

/** "1 record", "1,234 records". */
export function counted(value: number, noun: string): string {
  return count(value, noun).replace(/^\d+/, number(value));
}

/** Of a share; 100 % only where nothing is left out. */
export function percent(share: number): string {
  if (share >= 1) return "100 %";
  const shown = Math.min(99.9, Math.floor(share * 1000) / 10);
  return `${shown.toFixed(shown > 0 && shown < 10 ? 1 : shown >= 99 ? 1 : 0)} %`;
}

/** A sum of money, or a dash where the price is unknown. */
export function money(amount: number | null): string {
  return amount === null ? "–" : usd(amount);
}

/** What was spent, where some of it may have had no known price. */
export function atLeast({
  cost_usd: cost,
  unpriced_tokens: unpriced,
}: {
  cost_usd: number | null;
  unpriced_tokens?: number;
}): string {
  return unpriced === undefined ? money(cost) : `at least ${money(cost)}`;
}

/** A point in time; in a browser with scripts it becomes "3 min ago", or counts down. */
export function ago(iso: string): Html {
  return html`<time datetime="${iso}" data-ago>${timeAndDay(iso)}</time>`;
}

export function countdown(iso: string): Html {
  return html`<time datetime="${iso}" data-countdown>at ${clockTime(iso)}</time>`;
}

/** "2026-01-31 12:00:00 UTC". */
export function timeAndDay(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

function clockTime(iso: string): string {
  return `${iso.slice(11, 19)} UTC`;
}

/** What is printed of a sentence that may or may not have its stop. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** Lines of a text as one, at most so many characters long. */
export function oneLine(text: string, most: number): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, " ⏎ ");
  if (line === "") return "(no text)";
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** A sentence with what stands in backquotes as code. */
export function withCode(text: string): Html[] {
  return text
    .split(
      /(\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+(?:=\S+)?\b|\blog-vectorizer (?:check|init|status|reembed|quarantine|dlq|health|config|episodes|(?:groups|note) [a-z]+)\b(?: --?[a-z-]+)*)/,
    )
    .map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
