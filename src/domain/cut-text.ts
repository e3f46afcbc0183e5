/**
 * The head of a text that is longer than so many UTF-8 bytes, whole characters only; the very text where it is not. The
 * head is a copy: a slice would keep the whole text in memory.
 */
export function cutText(text: string, maxBytes: number): { text: string; cut: boolean } {
  // No UTF-16 unit takes more than three bytes.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) {
    return { text, cut: false };
  }
  const bytes = Buffer.allocUnsafe(maxBytes);
  // It writes no half of a character.
  const written = bytes.write(text, "utf8");
  return { text: bytes.toString("utf8", 0, written), cut: true };
}
