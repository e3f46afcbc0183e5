import { setImmediate as othersTurn } from "node:timers/promises";
import type { ToText } from "./text.ts";

/** UTF-16 units: what is shorter is masked in a millisecond or two. */
const LARGE = 32 * 1024;

/**
 * Masks the large ones of these messages, and lets whatever else waits have its turn after each: a megabyte takes some ten
 * milliseconds, a batch of them would keep everything else waiting. What comes back has them at hand.
 */
export async function maskAhead(toText: ToText, messages: Iterable<string>): Promise<ToText> {
  const texts = new Map<string, string>();
  for (const message of messages) {
    if (message.length < LARGE || texts.has(message)) continue;
    texts.set(message, toText(message));
    await othersTurn();
  }
  return texts.size === 0 ? toText : (message) => texts.get(message) ?? toText(message);
}
