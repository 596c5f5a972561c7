import { PayloadStore } from '@aet/messaging';
import { ServiceIdentity } from '@aet/service-kit';
import type { Provider } from '@nestjs/common';
import { loadedPayloads } from './adapters/surroundings.js';
import { Payloads } from './application/payloads.js';

/** Values of runs that are too large for their events. */
export const PAYLOAD_PROVIDERS: Provider[] = [
  {
    provide: Payloads,
    inject: [PayloadStore, ServiceIdentity],
    useFactory: (store: PayloadStore, { cell }: ServiceIdentity) => new Payloads(store, loadedPayloads, cell),
  },
];
