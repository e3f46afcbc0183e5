/**
 * Cuts a text to so many UTF-8 bytes, whole characters only. The head is a copy: a slice would keep the whole text in
 * memory.
 */
export function cutText(text: string, maxBytes: number): { text: string; cut: boolean } {
  // A UTF-16 unit is at most three UTF-8 bytes.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) {
    return { text, cut: false };
  }
  const bytes = Buffer.allocUnsafe(maxBytes);
  // write() splits no character.
  const written = bytes.write(text, "utf8");
  return { text: bytes.toString("utf8", 0, written), cut: true };
}
