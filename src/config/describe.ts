import { SETTINGS, settingReader, whyUnused } from "./settings.ts";
import type { SettingName, SettingReader } from "./settings.ts";
import type { Origin, ResolvedSetting } from "./sources.ts";

type SettingRow = {
  name: SettingName;
  /** Secrets masked; undefined where unset, "" where switched off. */
  value: string | undefined;
  origin: Origin;
  /** What applies instead, or why the value has no effect. */
  note?: string;
};

/** One row per setting in the table's order. */
export function describeSettings(resolved: readonly ResolvedSetting[]): SettingRow[] {
  const reader = settingReader(resolved);
  return resolved.map(({ name, text, origin }) => {
    const value = text === undefined ? undefined : showSetting(name, text);
    const note = noteOn(name, text, reader);
    return { name, value, origin, ...(note !== undefined && { note }) };
  });
}

function noteOn(name: SettingName, text: string | undefined, reader: SettingReader) {
  if (text === undefined) return SETTINGS[name].otherwise;
  if (text === "") return "off";
  const reason = whyUnused(name, reader);
  return reason === undefined ? undefined : `not used: ${reason}`;
}

const MAX_SHOWN_CHARACTERS = 120;

/** A setting's text with secrets and passwords masked. */
export function showSetting(name: SettingName, text: string): string {
  const { secret, kind } = SETTINGS[name];
  if (secret === true) return MASK;
  return kind.address === true || text.includes("://") ? maskAddresses(text) : text;
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
