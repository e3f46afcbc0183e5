import type { Kind } from "./kinds.ts";

/** One setting, as help, the docs and `config` show it and as its text is read. */
export type Setting<T = unknown> = {
  group: string;
  /** One short sentence. */
  description: string;
  /** As it would be written in the environment. */
  default?: string;
  /** What happens where nothing is set and there is no default. */
  otherwise?: string;
  /** What stands for the value in help, such as `<host>`. */
  placeholder: string;
  /** Never shown, and not to be had as a flag, which `ps` would show. */
  secret?: true;
  /** Its value may hold `user:password@`. */
  address?: true;
  /** Names a file that must be readable; `json`: and hold a JSON object. */
  file?: true | "json";
  /** An empty value switches it off instead of counting as unset. */
  emptyMeans?: "off";
  kind: Kind<T>;
};
