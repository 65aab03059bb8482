//! The shape of a message catalogue, and how a message becomes text.
//!
//! A message is a string, or one string for each plural form that the language has. `{name}` stands for a
//! parameter; a plural message is chosen by its parameter `count`.

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Message = string | Plural;

export type Parameters = Readonly<Record<string, string | number>>;

/** The names between braces in a message, as a type. */
export type ParameterNames<M> = M extends string
  ? M extends `${string}{${infer Name}}${infer Rest}`
    ? Name | ParameterNames<Rest>
    : never
  : ParameterNames<M[keyof M]>;

/** Formats `message` for `locale`. A parameter that is missing stays visible as `{name}`. */
export function formatMessage(message: Message, parameters: Parameters, locale: string): string {
  return chooseForm(message, parameters, locale).replace(PARAMETER, (placeholder, name: string) => {
    const value = parameters[name];
    if (value === undefined) return placeholder;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

/** The parameters that a message names, in order of first use. */
export function parameterNames(message: Message): string[] {
  const texts = typeof message === 'string' ? [message] : Object.values(message);
  const names = texts.flatMap((text) => [...text.matchAll(PARAMETER)].map((match) => match[1] ?? ''));
  return [...new Set(names)];
}

function chooseForm(message: Message, parameters: Parameters, locale: string): string {
  if (typeof message === 'string') return message;
  const count = parameters['count'];
  const form = new Intl.PluralRules(locale).select(typeof count === 'number' ? count : 0);
  return message[form] ?? message.other;
}

const PARAMETER = /\{(\w+)\}/g;
