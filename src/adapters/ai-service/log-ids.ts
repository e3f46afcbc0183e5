/** An id per log, unique within the request: two indices may hold the same id. */
export function uniqueLogIds(ids: readonly string[]): string[] {
  const taken = new Set(ids);
  const seen = new Set<string>();
  return ids.map((id) => {
    if (!seen.has(id)) {
      seen.add(id);
      return id;
    }
    let nth = 2;
    while (taken.has(`${id}#${nth}`)) nth += 1;
    const unique = `${id}#${nth}`;
    taken.add(unique);
    return unique;
  });
}
