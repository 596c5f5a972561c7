import { messagingErrorsOf, NatsLink } from '@aet/messaging';
import { counter, Counter, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { readAtScrape } from './read-at-scrape.js';

const ERRORS = 'aet_messaging_errors_total';

/** Typed errors of messaging by their code, bad input among them. */
@Injectable()
class ErrorMetrics {
  constructor(@InjectMetric(ERRORS) errors: Counter<'place' | 'code'>, link: NatsLink) {
    readAtScrape(errors, () => {
      for (const { place, code, count } of messagingErrorsOf(link).list()) errors.inc({ place, code }, count);
    });
  }
}

export const ERROR_METRICS: Provider[] = [
  counter({
    name: ERRORS,
    help: 'Errors of messaging: requests refused or failed here, calls that ended so (each try), leases and topology refused.',
    labelNames: ['place', 'code'],
  }),
  ErrorMetrics,
];
