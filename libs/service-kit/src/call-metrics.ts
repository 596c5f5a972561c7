import { NatsRpcServer, PolicyRpcClient, type TargetCounts, type TargetStatus } from '@aet/messaging';
import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';

const labelNames = ['target'];
const STATE = 'aet_rpc_breaker_state';
const BUDGET = 'aet_rpc_retry_budget_tokens';
const IN_FLIGHT = 'aet_rpc_bulkhead_in_flight';
const QUEUED = 'aet_rpc_bulkhead_queued';
const CALLS = 'aet_rpc_calls_total';
const FAILURES = 'aet_rpc_call_failures_total';
const OPENED = 'aet_rpc_breaker_opened_total';
const REFUSED = 'aet_rpc_calls_refused_total';
const RETRIES = 'aet_rpc_retries_total';
const OVER_BUDGET = 'aet_rpc_retries_over_budget_total';
const HEDGES = 'aet_rpc_hedges_total';
const HEDGE_WINS = 'aet_rpc_hedge_wins_total';
const FALLBACKS = 'aet_rpc_fallbacks_total';
const IN_HAND = 'aet_rpc_requests_in_hand';
const SHED = 'aet_rpc_requests_shed_total';
const REQUESTS = 'aet_rpc_requests_total';
const REQUEST_ERRORS = 'aet_rpc_request_errors_total';
const REQUEST_SECONDS = 'aet_rpc_request_seconds_total';

const STATE_FIGURE: Readonly<Record<TargetStatus['breaker'], number>> = { closed: 0, 'half-open': 1, open: 2 };

type Collected = Pick<Gauge, 'reset'>;

/** prom-client calls `collect` before each scrape; it is an option of the constructor, which the provider does not offer. */
function collectWith(metric: Collected, tell: () => void): void {
  const collect = (): void => {
    metric.reset();
    tell();
  };
  Object.assign(metric, { collect });
}

/** What the policies of calls do, read when Prometheus asks: a call counts once, in its target. */
@Injectable()
class CallMetrics {
  constructor(
    @InjectMetric(STATE) state: Gauge<'target'>,
    @InjectMetric(BUDGET) budget: Gauge<'target'>,
    @InjectMetric(IN_FLIGHT) inFlight: Gauge<'target'>,
    @InjectMetric(QUEUED) queued: Gauge<'target'>,
    @InjectMetric(CALLS) calls: Counter<'target'>,
    @InjectMetric(FAILURES) failures: Counter<'target'>,
    @InjectMetric(OPENED) opened: Counter<'target'>,
    @InjectMetric(REFUSED) refused: Counter<'target' | 'by'>,
    @InjectMetric(RETRIES) retries: Counter<'target'>,
    @InjectMetric(OVER_BUDGET) overBudget: Counter<'target'>,
    @InjectMetric(HEDGES) hedges: Counter<'target'>,
    @InjectMetric(HEDGE_WINS) hedgeWins: Counter<'target'>,
    @InjectMetric(FALLBACKS) fallbacks: Counter<'target'>,
    private readonly client: PolicyRpcClient,
  ) {
    this.gaugeOf(state, ({ breaker }) => STATE_FIGURE[breaker]);
    this.gaugeOf(budget, ({ budgetLeft }) => budgetLeft);
    this.gaugeOf(inFlight, (target) => target.inFlight);
    this.gaugeOf(queued, (target) => target.queued);
    const counted: [Counter<'target'>, keyof TargetCounts][] = [
      [calls, 'calls'],
      [failures, 'failures'],
      [opened, 'opened'],
      [retries, 'retries'],
      [overBudget, 'overBudget'],
      [hedges, 'hedges'],
      [hedgeWins, 'hedgeWins'],
      [fallbacks, 'fallbacks'],
    ];
    for (const [metric, count] of counted) this.collect(metric, (target) => metric.inc({ target: target.target }, target[count]));
    this.collect(refused, ({ target, refusedByBreaker, refusedByBulkhead }) => {
      refused.inc({ target, by: 'breaker' }, refusedByBreaker);
      refused.inc({ target, by: 'bulkhead' }, refusedByBulkhead);
    });
  }

  private gaugeOf(metric: Gauge<'target'>, figure: (target: TargetStatus) => number): void {
    this.collect(metric, (target) => metric.set({ target: target.target }, figure(target)));
  }

  private collect(metric: Collected, tell: (target: TargetStatus) => void): void {
    collectWith(metric, () => this.client.status().forEach(tell));
  }
}

/** The same for the requests that this instance answers. */
@Injectable()
class RequestMetrics {
  constructor(
    @InjectMetric(IN_HAND) inHand: Gauge<'method'>,
    @InjectMetric(SHED) shed: Counter<'method'>,
    @InjectMetric(REQUESTS) requests: Counter<'method'>,
    @InjectMetric(REQUEST_ERRORS) errors: Counter<'method'>,
    @InjectMetric(REQUEST_SECONDS) seconds: Counter<'method'>,
    server: NatsRpcServer,
  ) {
    collectWith(inHand, () => server.load.forEach((of) => inHand.set({ method: of.method }, of.inHand)));
    const counted = [
      [shed, 'shed'],
      [requests, 'requests'],
      [errors, 'errors'],
      [seconds, 'seconds'],
    ] as const;
    for (const [metric, count] of counted)
      collectWith(metric, () => server.load.forEach((of) => metric.inc({ method: of.method }, of[count])));
  }
}

export const CALL_METRICS: Provider[] = [
  gauge({ name: STATE, help: 'Breaker of a target: 0 closed, 1 half-open, 2 open.', labelNames }),
  gauge({ name: BUDGET, help: 'Retries that are allowed at present.', labelNames }),
  gauge({ name: IN_FLIGHT, help: 'Calls in flight.', labelNames }),
  gauge({ name: QUEUED, help: 'Calls that wait for their turn.', labelNames }),
  counter({ name: CALLS, help: 'Calls of other services, each once however often it was tried.', labelNames }),
  counter({ name: FAILURES, help: 'Calls that failed after all tries, not counting refusals.', labelNames }),
  counter({ name: OPENED, help: 'How often a breaker opened.', labelNames }),
  counter({ name: REFUSED, help: 'Calls refused here, by breaker or bulkhead.', labelNames: ['target', 'by'] }),
  counter({ name: RETRIES, help: 'Tries after the first.', labelNames }),
  counter({ name: OVER_BUDGET, help: 'Retries and second requests that the budget did not allow.', labelNames }),
  counter({ name: HEDGES, help: 'Second requests because an answer was late.', labelNames }),
  counter({ name: HEDGE_WINS, help: 'Second requests that were answered first.', labelNames }),
  counter({ name: FALLBACKS, help: 'Calls answered by their fallback.', labelNames }),
  gauge({ name: IN_HAND, help: 'Requests that are being answered.', labelNames: ['method'] }),
  counter({
    name: SHED,
    help: 'Requests refused because their answer would have come after its deadline.',
    labelNames: ['method'],
  }),
  counter({ name: REQUESTS, help: 'Requests answered, errors among them.', labelNames: ['method'] }),
  counter({ name: REQUEST_ERRORS, help: 'Requests answered by an error.', labelNames: ['method'] }),
  counter({
    name: REQUEST_SECONDS,
    help: 'Time from receipt to the sending of the reply, all requests together.',
    labelNames: ['method'],
  }),
  CallMetrics,
  RequestMetrics,
];
