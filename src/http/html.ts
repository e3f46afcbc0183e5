import { escapeControls } from "../telemetry/escape.ts";

/** Text that is HTML already. */
export type Html = { readonly html: string };

type Part = string | number | Html | readonly Html[];

/** Nothing. */
export const NONE: Html = { html: "" };

/** A template whose values are escaped, their control characters made visible, save what is HTML already. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { html: strings.reduce((all, text, i) => all + partOf(values[i - 1] ?? "") + text) };
}

function partOf(value: Part): string {
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return "html" in value ? value.html : value.map((one) => one.html).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return escapeControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
