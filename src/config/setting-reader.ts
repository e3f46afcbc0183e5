import { SETTINGS } from "./settings.ts";
import type { SettingName, SettingValue } from "./settings.ts";
import type { ResolvedSetting } from "./sources.ts";

/** Typed access to resolved settings. */
export type SettingReader = {
  /** The value; undefined where there is none, where it is switched off, and where its text is no good. */
  read<Name extends SettingName>(name: Name): SettingValue<Name> | undefined;
  /** The value of a setting that has a default and whose text is known to be good. */
  need<Name extends SettingName>(name: Name): SettingValue<Name>;
  /** Whether somebody set it, to whatever: its default does not count. */
  given(name: SettingName): boolean;
  /** Whether its text is there and is none that the setting can take. */
  malformed(name: SettingName): boolean;
};

export function settingReader(settings: readonly ResolvedSetting[]): SettingReader {
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  const textOf = (name: SettingName): string | undefined => byName.get(name)?.text || undefined;
  const read = <Name extends SettingName>(name: Name): SettingValue<Name> | undefined =>
    SETTINGS[name].kind.schema.safeParse(textOf(name)).data;
  return {
    read,
    need(name) {
      const value = read(name);
      if (value === undefined) throw new Error(`${name} has neither a value nor a default`);
      return value;
    },
    given: (name) => textOf(name) !== undefined && byName.get(name)?.origin !== "default",
    malformed: (name) => textOf(name) !== undefined && read(name) === undefined,
  };
}
