import { Certainty, Severity } from '@aet/contracts';
import { asString, canonical, isObject } from '../json.js';
import type { Located } from './references.js';
import type { SchemaPair } from './schema-pair.js';

/** What a variant is called: its reference, else its title, else its content. Two variants with the same name are the same variant. */
function nameOf(variant: Located): string {
  if (!isObject(variant.value)) return canonical(variant.value);
  return (
    asString(variant.value['$ref']) ??
    asString(variant.value['title']) ??
    canonical(variant.value, new Set(['description', 'example']))
  );
}

const shortName = (variant: Located): string => {
  const name = nameOf(variant);
  return name.startsWith('#') ? (name.split('/').at(-1) ?? name) : name.slice(0, 60);
};

/** `oneOf` and `anyOf`. Variants are matched by name, what is left in equal number by place. */
export function compareVariants(pair: SchemaPair): void {
  const { from, to, direction, label } = pair;
  discriminator(pair);
  if (from.variants.length === 0 && to.variants.length === 0) return;
  if (from.variants.length === 0 || to.variants.length === 0) {
    composition(pair);
    return;
  }
  const unmatched = new Map(to.variants.map((variant) => [nameOf(variant), variant]));
  const gone: Located[] = [];
  for (const variant of from.variants) {
    const same = unmatched.get(nameOf(variant));
    if (same) {
      unmatched.delete(nameOf(variant));
      pair.descend(variant, same, `${label}<${shortName(variant)}>`);
    } else gone.push(variant);
  }
  const added = [...unmatched.values()];
  if (gone.length === added.length) {
    gone.forEach((variant, i) => pair.descend(variant, added[i]!, `${label}<${i}>`));
    return;
  }
  if (direction !== 'response') {
    for (const variant of gone) {
      const message = `${label}: the variant ${shortName(variant)} is no longer accepted`;
      pair.report({ rule: 'schema/variant-removed', severity: Severity.High, message, side: 'old', pointer: variant.pointer });
    }
  } else {
    for (const variant of added) {
      const message = `${label}: clients can now receive the variant ${shortName(variant)}`;
      pair.report({ rule: 'schema/variant-added', severity: Severity.Medium, message, pointer: variant.pointer });
    }
  }
}

function composition(pair: SchemaPair): void {
  const became = pair.from.variants.length === 0;
  // A plain schema that became variants accepts more as a rule, and sends more; the other way round less.
  const harmless = (pair.direction === 'response') !== became;
  if (harmless) return;
  pair.report({
    rule: 'schema/composition-changed',
    severity: Severity.Medium,
    certainty: Certainty.Possible,
    message: became
      ? `${pair.label}: one shape became one of ${pair.to.variants.length} variants`
      : `${pair.label}: one of ${pair.from.variants.length} variants became one shape`,
  });
}

function discriminator(pair: SchemaPair): void {
  const property = (keywords: Record<string, unknown>): string | undefined => {
    const value = keywords['discriminator'];
    return typeof value === 'string' ? value : isObject(value) ? asString(value['propertyName']) : undefined;
  };
  const [was, is] = [property(pair.from.keywords), property(pair.to.keywords)];
  if (was === undefined || was === is) return;
  pair.report({
    rule: 'schema/discriminator-changed',
    severity: Severity.High,
    message: `${pair.label}: the discriminator changed from ${was} to ${is ?? 'none'}`,
  });
}
