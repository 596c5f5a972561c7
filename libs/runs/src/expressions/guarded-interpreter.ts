import { type JSONValue, TreeInterpreter } from '@jmespath-community/jmespath';
import { EVALUATION_LIMIT, PAYLOAD_LIMIT_BYTES } from '../run/limits.js';

type Base = typeof TreeInterpreter;
type Visit = Base['visit'];
const BaseInterpreter = TreeInterpreter.constructor as new () => Base;

/**
 * The library's interpreter with three guards, because a workflow may come from outside: a field is looked up on the object itself and never
 * on its prototype, evaluation has a budget, and no function may build a string that the run could not carry anyway.
 */
export class GuardedInterpreter extends BaseInterpreter {
  private spent = 0;

  constructor() {
    super();
    const call = this.runtime.callFunction.bind(this.runtime);
    this.runtime.callFunction = (name, args) => {
      if (stringBuilt(name, args as JSONValue[]) > PAYLOAD_LIMIT_BYTES)
        throw new Error(`${name}() would build more than ${PAYLOAD_LIMIT_BYTES} characters`);
      return call(name, args);
    };
  }

  /** May be used again for the next expression, one at a time. */
  override search(...[node, value]: Parameters<Base['search']>): ReturnType<Base['search']> {
    this.spent = 0;
    return super.search(node, value);
  }

  override visit(...[node, value]: Parameters<Visit>): ReturnType<Visit> {
    if (++this.spent > EVALUATION_LIMIT) throw new Error(`it takes more than ${EVALUATION_LIMIT} steps to evaluate`);
    if (node.type === 'Field' && !(typeof value === 'object' && value !== null && Object.hasOwn(value, node.name))) return null;
    return super.visit(node, value);
  }
}

/** Upper bound of the characters that a call builds; 0 for functions that build no text larger than their arguments. */
function stringBuilt(name: string, args: readonly JSONValue[]): number {
  const [first, second, third] = args;
  switch (name) {
    case 'pad_left':
    case 'pad_right':
      return typeof second === 'number' ? second : 0;
    case 'join':
      return Array.isArray(second) ? second.reduce<number>((sum, text) => sum + textLength(text) + textLength(first), 0) : 0;
    case 'replace':
      return textLength(first) + occurrences(first, second) * textLength(third);
    default:
      return 0;
  }
}

const textLength = (value: JSONValue | undefined): number => (typeof value === 'string' ? value.length : 0);

const occurrences = (text: JSONValue | undefined, part: JSONValue | undefined): number =>
  typeof text !== 'string' || typeof part !== 'string' ? 0 : part === '' ? text.length + 1 : text.split(part).length - 1;
