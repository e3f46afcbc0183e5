import { hash as hashOf } from "node:crypto";
import { signatureOf } from "./signature.ts";

/** What tells the group of a record beside its text. */
export type GroupTraits = {
  /** The text as it is embedded: secrets are masked. */
  text: string;
  service?: string | undefined;
  /** The exception's type, where the record has a field for it. */
  exception?: string | undefined;
};

/** Records of one error: their signature, their service and the type of their exception are equal. */
export type Group = {
  /** Its id: 16 hex digits. */
  group: string;
  /** The signature, at most 2,000 characters. */
  template: string;
  service?: string;
  exception?: string;
};

/** The group of a record. Equal records have equal ids in every installation that makes their texts alike. */
export function groupOf({ text, service, exception }: GroupTraits): Group {
  return groupWith(templateIn(text), { service, exception: exception ?? exceptionIn(text) });
}

/**
 * Groups of records that share a text, whose signature is made once. The functions it returns answers for each record's
 * own service and exception.
 */
export function groupsOfText(text: string): (traits: Omit<GroupTraits, "text">) => Group {
  const template = templateIn(text);
  const named = exceptionIn(text);
  const known = new Map<string, Group>();
  return ({ service, exception = named }) => {
    const key = JSON.stringify([service, exception]);
    const group = known.get(key) ?? groupWith(template, { service, exception });
    known.set(key, group);
    return group;
  };
}

/** As stamps and commands name a group. */
export const GROUP_ID = /^[0-9a-f]{16}$/;

/** Whether it looks like the id of a group; a stamp may hold anything. */
export function isGroupId(value: unknown): value is string {
  return typeof value === "string" && GROUP_ID.test(value);
}

/** UTF-16 units: an error is told by its beginning, and a batch must not wait for megabytes. */
const MAX_READ = 64 * 1024;
const MAX_TEMPLATE = 2000;

function templateIn(text: string): string {
  return signatureOf(text.slice(0, MAX_READ)).trim().slice(0, MAX_TEMPLATE);
}

/** SHA-256 of the JSON of template, service and exception (null where there is none), its first 64 bits as hex. */
function groupWith(
  template: string,
  { service, exception }: Pick<GroupTraits, "service" | "exception">,
): Group {
  const parts = [template, service ?? null, exception ?? null];
  return {
    group: hashOf("sha256", JSON.stringify(parts)).slice(0, 16),
    template,
    ...(service === undefined ? {} : { service }),
    ...(exception === undefined ? {} : { exception }),
  };
}

/** `java.io.IOException`, `KeyError`, `Npgsql.PostgresException`: the first of a text, with its package. */
const EXCEPTION =
  /(?<![\w$.])(?:[A-Za-z_$][\w$]{0,80}\.){0,20}[A-Z][\w$]{0,80}(?:Exception|Error|Panic)(?![\w$])/;

/** The type of the first exception that a text names; undefined where it names none. */
export function exceptionIn(text: string): string | undefined {
  return EXCEPTION.exec(text.slice(0, MAX_READ))?.[0];
}
