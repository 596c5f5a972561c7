import { PostgresRunApprovals, RunApprovals, ServiceDatabase } from '@aet/persistence';
import type { Provider } from '@nestjs/common';

export const APPROVAL_PROVIDERS: Provider[] = [
  {
    provide: RunApprovals,
    inject: [ServiceDatabase],
    useFactory: ({ pool }: ServiceDatabase) => new PostgresRunApprovals(pool),
  },
];
