/** Whether some name matches both index patterns (`*` is any run of characters). */
export function patternsOverlap(a: string, b: string): boolean {
  // Walks the reachable pairs of positions in both patterns.
  const seen = new Set<number>();
  const open = [0];
  const width = b.length + 1;
  while (open.length > 0) {
    const at = open.pop() ?? 0;
    if (seen.has(at)) continue;
    seen.add(at);
    const i = Math.floor(at / width);
    const j = at % width;
    if (i === a.length && j === b.length) return true;
    const [inA, inB] = [a[i], b[j]];
    if (inA === "*") open.push((i + 1) * width + j);
    if (inB === "*") open.push(i * width + j + 1);
    if (inA === undefined || inB === undefined) continue;
    if (inA === "*" && inB !== "*") open.push(i * width + j + 1);
    if (inB === "*" && inA !== "*") open.push((i + 1) * width + j);
    if (inA === inB && inA !== "*") open.push((i + 1) * width + j + 1);
  }
  return false;
}

/** The included patterns of a comma-separated expression; exclusions (`-name`) only narrow it. */
export function includedPatterns(expression: string): string[] {
  return expression
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && !part.startsWith("-"));
}

/** At least three letters before the first wildcard; a wider pattern would catch indices of others. */
export function isNarrow(pattern: string): boolean {
  return /^[^*.][^*]{2,}/.test(pattern);
}
