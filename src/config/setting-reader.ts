import { SETTINGS } from "./settings.ts";
import type { SettingName, SettingValue } from "./settings.ts";
import type { ResolvedSetting } from "./sources.ts";

export type SettingReader = {
  /** The value; undefined where unset, switched off or malformed. */
  read<Name extends SettingName>(name: Name): SettingValue<Name> | undefined;
  /** The value of a valid setting with a default. */
  need<Name extends SettingName>(name: Name): SettingValue<Name>;
  /** Whether it is set explicitly, to any value; a default does not count. */
  given(name: SettingName): boolean;
  /** Whether its text is invalid. */
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
