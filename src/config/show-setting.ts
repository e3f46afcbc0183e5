import { MASK, maskAddresses } from "./mask.ts";
import { SETTINGS } from "./settings.ts";
import type { SettingName } from "./settings.ts";

const MAX_SHOWN_CHARACTERS = 120;

/** A setting's text as a message or a table may show it: secrets and passwords in addresses masked. */
export function showSetting(name: SettingName, text: string): string {
  const { secret, address } = SETTINGS[name];
  if (secret === true) return MASK;
  return address === true || text.includes("://") ? maskAddresses(text) : text;
}

/** The same in quotes on one line, control characters escaped and its end cut off where it is long. */
export function quoteSetting(name: SettingName, text: string): string {
  const shown = showSetting(name, text);
  if (shown === MASK) return MASK;
  const cut = shown.length > MAX_SHOWN_CHARACTERS;
  return JSON.stringify(cut ? `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…` : shown);
}
