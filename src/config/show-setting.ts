import { MASK, maskAddresses } from "./mask.ts";
import { SETTINGS } from "./settings.ts";
import type { SettingName } from "./settings.ts";

const MAX_SHOWN_CHARACTERS = 120;

/** A setting's text with secrets and passwords masked. */
export function showSetting(name: SettingName, text: string): string {
  const { secret, address } = SETTINGS[name];
  if (secret === true) return MASK;
  return address === true || text.includes("://") ? maskAddresses(text) : text;
}

/** The same quoted on one line, escaped and shortened. */
export function quoteSetting(name: SettingName, text: string): string {
  const shown = showSetting(name, text);
  if (shown === MASK) return MASK;
  const cut = shown.length > MAX_SHOWN_CHARACTERS;
  return JSON.stringify(cut ? `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…` : shown);
}
