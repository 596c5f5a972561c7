import type { Usage } from '@aet/contracts';

/** US dollars for a million tokens. */
export interface ModelPrice {
  inputPerMTok: number;
  outputPerMTok: number;
}
/** By the beginning of a model's name. */
export type ModelPrices = Readonly<Record<string, ModelPrice>>;

/** With what it cost, when the model's price is known: the longest beginning of its name counts. @param factor share of the list price */
export function withCost(usage: Usage, prices: ModelPrices, factor = 1): Usage {
  const { model = '', inputTokens = 0, outputTokens = 0 } = usage;
  const [best] = Object.keys(prices)
    .filter((name) => model.startsWith(name))
    .toSorted((a, b) => b.length - a.length);
  const price = best === undefined ? undefined : prices[best];
  if (price === undefined) return usage;
  const list = (inputTokens * price.inputPerMTok + outputTokens * price.outputPerMTok) / 1_000_000;
  return { ...usage, costUsd: rounded(list * factor), ...(factor === 1 ? {} : { listCostUsd: rounded(list) }) };
}

/** A millionth of a cent is enough. */
const rounded = (usd: number): number => Number(usd.toFixed(8));
