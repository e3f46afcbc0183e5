/** "1 text", "2 texts", "1 index", "2 indices". */
export function count(number: number, noun: string): string {
  return `${number} ${nounFor(number, noun)}`;
}

export function nounFor(number: number, noun: string): string {
  return number === 1 ? noun : pluralOf(noun);
}

function pluralOf(noun: string): string {
  if (noun.endsWith("x")) return `${noun.slice(0, -2)}ices`;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return `${noun}${/(ch|s)$/.test(noun) ? "es" : "s"}`;
}

/** With a capital letter at its beginning, as a sentence has. */
export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A lane or a position as JSON shows it: a number where the text is one, as Kafka's are. */
export function numeric(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** "a, b, c and 2 more". */
export function firstOf(names: readonly string[], most = 3): string {
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${names.slice(0, most).join(", ")}${rest}`;
}
