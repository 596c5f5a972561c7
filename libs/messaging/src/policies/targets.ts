import type { RpcMethod } from '@aet/contracts';
import { type DeclaredPolicies, policiesFor } from '@aet/resilience';
import { type BreakerListener, Target } from './target.js';

/** A cell's name may come from outside: what is called beyond this many targets goes without policies rather than without bound. */
const MOST_TARGETS = 1_000;

/** The targets of a process, each made when it is first called. */
export class Targets {
  private readonly byMethod = new WeakMap<RpcMethod, Target>();
  private readonly byName = new Map<string, Target>();

  constructor(
    private readonly declared: DeclaredPolicies,
    private readonly now: () => number,
    private readonly onBreaker: BreakerListener,
  ) {}

  of(method: RpcMethod, cell: string | undefined): Target | undefined {
    return cell === undefined ? (this.byMethod.get(method) ?? this.first(method)) : this.named(method, ` in ${cell}`);
  }

  all(): Target[] {
    return [...this.byName.values()];
  }

  private first(method: RpcMethod): Target | undefined {
    const target = this.named(method, '');
    if (target !== undefined) this.byMethod.set(method, target);
    return target;
  }

  private named({ service, method }: RpcMethod, place: string): Target | undefined {
    const name = `${service}.${method}${place}`;
    const known = this.byName.get(name);
    if (known !== undefined || this.byName.size >= MOST_TARGETS) return known;
    const target = new Target(name, policiesFor(this.declared, service, method), this.now(), this.onBreaker);
    this.byName.set(name, target);
    return target;
  }
}
