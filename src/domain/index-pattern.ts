/** `.ds-<data stream>-<number>` */
const BACKING_INDEX = /^\.ds-(.+)-\d{6,}$/;

/** Whether a pattern (`*` is any run of characters) matches the index or its data stream. */
export function matchesIndex(pattern: string, index: string): boolean {
  const stream = BACKING_INDEX.exec(index)?.[1];
  return matches(pattern, index) || (stream !== undefined && matches(pattern, stream));
}

/** In linear time: each part is matched at its first occurrence. */
function matches(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
