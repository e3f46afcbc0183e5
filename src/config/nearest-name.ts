import { SETTING_NAMES } from "./settings.ts";
import type { SettingName } from "./settings.ts";

const MAX_SLIPS = 2;

/** The setting that an unknown name is meant for: one or two slips away, or one name begins with the other. */
export function nearestName(unknown: string): SettingName | undefined {
  let nearest: { name: SettingName; distance: number } | undefined;
  for (const name of SETTING_NAMES) {
    const distance = editDistance(unknown, name);
    const near = distance <= MAX_SLIPS || unknown.startsWith(name) || name.startsWith(unknown);
    if (near && (nearest === undefined || distance < nearest.distance))
      nearest = { name, distance };
  }
  return nearest?.name;
}

/** Whether a name is one or two slips away from a setting's. */
export function isSlip(unknown: string): boolean {
  return SETTING_NAMES.some((name) => editDistance(unknown, name) <= MAX_SLIPS);
}

/** Levenshtein's: characters to put in, take out or replace. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of a.split("").entries()) {
    const current = [row + 1];
    for (const [column, other] of b.split("").entries()) {
      const replaced = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
