const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A part of an expression; as text, in a template or in JSON, it is `${{ the expression }}`. */
export class Reference {
  constructor(readonly expression: string) {}

  /** What lies inside: `path('files', 0, 'name')`. A name that is none in JMESPath, such as one with a dash, is put in quotes. */
  path(...keys: readonly (string | number)[]): Reference {
    return new Reference(
      keys.reduce<string>((text, key) => `${text}${typeof key === 'number' ? `[${key}]` : `.${nameOf(key)}`}`, this.expression),
    );
  }

  /** Of each element of a list: `each('name')` is `[].name`. */
  each(...keys: readonly string[]): Reference {
    return new Reference(`${this.expression}[]${keys.map((key) => `.${nameOf(key)}`).join('')}`);
  }

  toString(): string {
    return `\${{ ${this.expression} }}`;
  }
  toJSON(): string {
    return this.toString();
  }
}

/** An identifier of JMESPath: JSON's quotes are its own. */
export const nameOf = (key: string): string => (PLAIN.test(key) ? key : JSON.stringify(key));

/** `` expression`length(${files.output}) > \`5\`` ``: references by their expressions, everything else as it stands. */
export const expression = (texts: TemplateStringsArray, ...parts: readonly (Reference | number)[]): Reference =>
  new Reference(texts.reduce((text, next, at) => `${text}${partText(parts[at - 1])}${next}`));

/** `` text`file ${w.index} of ${w.inputs.repo}` ``: a text in which references are expressions. */
export const text = (texts: TemplateStringsArray, ...parts: readonly (Reference | string | number)[]): string =>
  texts.reduce((whole, next, at) => `${whole}${String(parts[at - 1])}${next}`);

const partText = (part: Reference | number | undefined): string =>
  part instanceof Reference ? part.expression : part === undefined ? '' : `\`${part}\``;

/** A value with its references as text, and without what is undefined. */
export function plain(value: unknown): unknown {
  if (value instanceof Reference) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])));
}
