import { SETTINGS, type SettingName } from "./settings.ts";

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

/** Replaces a secret in a message. */
const MASK = "***";

const NEXT_ADDRESS = /,(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i;

/** Addresses without passwords and queries. For invalid addresses everything up to the last @ is hidden. */
export function maskAddresses(text: string): string {
  return text.split(NEXT_ADDRESS).map(maskAddress).join(",");
}

function maskAddress(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const at = rest.lastIndexOf("@");
  const place = rest.slice(at + 1).replace(/([?#]).*$/s, `$1${MASK}`);
  if (at === -1) return scheme + place;
  const colon = rest.slice(0, at).indexOf(":");
  const user = colon === -1 ? MASK : `${rest.slice(0, colon)}:${MASK}`;
  return `${scheme}${user}@${place}`;
}
