import type { Kind } from "./kinds.ts";

/** One setting: everything that help, the reference, the checks and `config` say about it. */
export type Setting<T = unknown, Name extends string = string> = {
  /** One short sentence. */
  description: string;
  /** As in the environment. */
  default?: string;
  /** What applies without a value and a default. */
  otherwise?: string;
  /** Never shown, and not a flag, which `ps` would show. */
  secret?: true;
  /** An empty value means off instead of unset. */
  emptyMeans?: "off";
  kind: Kind<T>;
  /** Without these its value has no effect. */
  usedWhen?: readonly Condition<Name>[];
  /** Where it is set explicitly, these must hold. */
  requires?: readonly Requirement<Name>[];
};

/** Settings by name. */
export type Settings<Name extends string = string> = Readonly<
  Record<string, Setting<unknown, Name>>
>;

/** What a condition asks: whether a setting is set explicitly, and its value (undefined where unset or malformed). */
export type Lookup<Name extends string = string> = {
  given: (name: Name) => boolean;
  read: (name: Name) => unknown;
};

export type Condition<Name extends string = string> = {
  about: readonly Name[];
  /** A clause: `HTTP_PORT is not 0`. */
  says: string;
  /** Why it does not hold, a clause such as `HTTP_PORT is 0`; undefined where it holds. */
  unmet: (settings: Lookup<Name>) => string | undefined;
};

export type Requirement<Name extends string = string> = Condition<Name> & {
  /** The setting to correct where `owner` requires this and it does not hold (`fact`), with what is wrong and what to do. */
  problem: <Owner extends string>(
    owner: Owner,
    fact: string,
  ) => { name: Name | Owner; sentence: string };
};

export function isSet<const Name extends string>(
  name: Name,
  remedy = "set both or none",
): Requirement<Name> {
  return {
    about: [name],
    says: `${name} is set`,
    unmet: ({ given }) => (given(name) ? undefined : `${name} is not set`),
    problem: (owner) => ({ name, sentence: `not set, but ${owner} is; ${remedy}` }),
  };
}

export function isUnset<const Name extends string>(name: Name): Requirement<Name> {
  return {
    about: [name],
    says: `${name} is not set`,
    unmet: ({ given }) => (given(name) ? `${name} is set` : undefined),
    problem: (owner) => ({
      name: owner,
      sentence: `set together with ${name}; keep one of the two`,
    }),
  };
}

/** The value is one of the words. Holds for a malformed value, which is a problem of its own. */
export function is<const Name extends string>(name: Name, ...words: string[]): Requirement<Name> {
  return {
    about: [name],
    says: `${name} is ${words.join(" or ")}`,
    unmet: ({ read }) => {
      const word = wordOf(read(name));
      return word === undefined || words.includes(word) ? undefined : `${name} is ${word}`;
    },
    problem: (owner, fact) => ({
      name: owner,
      sentence: `set, but ${fact}; set ${name}=${words[0]}, or leave this out`,
    }),
  };
}

export function isNot<const Name extends string>(name: Name, word: string): Condition<Name> {
  return {
    about: [name],
    says: `${name} is not ${word}`,
    unmet: ({ read }) => (wordOf(read(name)) === word ? `${name} is ${word}` : undefined),
  };
}

/** A value as a setting's text has it; undefined where it is unset, malformed or no single word. */
function wordOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/** The entries that have a value. */
export function present<T extends object>(
  entries: T,
): { [K in keyof T]?: Exclude<T[K], undefined> };
export function present(entries: object): object {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
