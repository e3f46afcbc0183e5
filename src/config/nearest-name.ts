import { SETTING_NAMES } from "./settings.ts";
import type { SettingName } from "./settings.ts";

const MAX_SLIPS = 2;

/** The setting meant by an unknown name: within two typing errors, or one name is a prefix of the other. */
export function nearestName(unknown: string): SettingName | undefined {
  return nearestOf(unknown, SETTING_NAMES);
}

/** Whether a name is within two typing errors of a setting's. */
export function isSlip(unknown: string): boolean {
  return SETTING_NAMES.some((name) => editDistance(unknown, name) <= MAX_SLIPS);
}

/** The same among other names; in short names two errors make another word. */
export function nearestOf<Name extends string>(
  unknown: string,
  names: readonly Name[],
): Name | undefined {
  let nearest: { name: Name; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(unknown, name);
    const length = Math.max(unknown.length, name.length);
    const slipped = distance <= MAX_SLIPS && distance < length / 2;
    const near = slipped || unknown.startsWith(name) || name.startsWith(unknown);
    if (near && (nearest === undefined || distance < nearest.distance))
      nearest = { name, distance };
  }
  return nearest?.name;
}

/** The Damerau-Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let above: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const beforeLast = above;
    above = current;
    current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const exchanged = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          (above[column - 1] ?? 0) + (same ? 0 : 1),
          (above[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          exchanged && row > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
  }
  return current[b.length] ?? 0;
}
