/** JetStream of another domain, as it is addressed over a leaf link. */
export const domainApi = (domain: string): string => `$JS.${domain}.API`;

/**
 * NATS's own subjects: those of JetStream and of its key-value and object buckets. The services protocol's stand in `services-protocol.ts`.
 * Sources: https://docs.nats.io/reference/reference-protocols/nats_api_reference, ADR-8 (KV), ADR-20 (objects).
 */
export const JetStreamApi = {
  all: '$JS.API.>',
  /** Account's limits and use; clients ask it to learn whether JetStream is there. */
  account: '$JS.API.INFO',
  streamNames: '$JS.API.STREAM.NAMES',
  streamList: '$JS.API.STREAM.LIST',
  streamInfo: (stream: string): string => `$JS.API.STREAM.INFO.${stream}`,
  streamPurge: (stream: string): string => `$JS.API.STREAM.PURGE.${stream}`,
  /** One stored message, by sequence or as the last of a subject. */
  message: (stream: string): string => `$JS.API.STREAM.MSG.GET.${stream}`,
  /** The same, answered without the stream's leader; two forms, with the subject as a suffix in the second. */
  directMessage: (stream: string): string[] => [`$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`],
  messageDelete: (stream: string): string => `$JS.API.STREAM.MSG.DELETE.${stream}`,
  consumerNames: (stream: string): string => `$JS.API.CONSUMER.NAMES.${stream}`,
  consumerList: (stream: string): string => `$JS.API.CONSUMER.LIST.${stream}`,
  consumerInfo: (stream: string, consumer = '*'): string => `$JS.API.CONSUMER.INFO.${stream}.${consumer}`,
  /** Two forms: unnamed, and with name and perhaps filter as suffixes. */
  consumerCreate: (stream: string): string[] => [`$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}.>`],
  consumerDelete: (stream: string, consumer = '*'): string => `$JS.API.CONSUMER.DELETE.${stream}.${consumer}`,
  /** A pull. */
  next: (stream: string, consumer = '*'): string => `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  /** Where a consumer's messages are acknowledged. */
  ack: (stream: string, consumer = '*'): string => `$JS.ACK.${stream}.${consumer}.>`,
  /** What another cell's server asks to copy a stream, by that cell's domain or, with `*`, any. Two forms, as above. */
  copying: (stream: string, domain: string): string[] => [
    `${domainApi(domain)}.CONSUMER.CREATE.${stream}`,
    `${domainApi(domain)}.CONSUMER.CREATE.${stream}.>`,
  ],
  /** Where a server hears the answers to what it asked another domain. */
  answersToServers: '$JSC.R.*',
  /** Where a push consumer asks whether its client keeps up. */
  flowControl: (stream: string): string => `$JS.FC.${stream}.>`,
} as const;

/** The stream behind a key-value bucket, and its subjects. */
export const kvStream = (bucket: string): string => `KV_${bucket}`;
export const kvKeys = (bucket: string, under?: string): string =>
  under === undefined ? `$KV.${bucket}.>` : `$KV.${bucket}.${under}.>`;

/** The stream behind an object bucket, and its subjects: chunks and descriptions. */
export const objectStream = (bucket: string): string => `OBJ_${bucket}`;
export const objectSubjects = (bucket: string): string[] => [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`];
/** What an object store knows of the object of that name: the name is coded in URL-safe Base64 with padding. Source: NATS ADR-20. */
export const objectEntry = (bucket: string, name: string): string =>
  `$O.${bucket}.M.${Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
/** Its content. @param nuid of this content; another one when it is put again */
export const objectContent = (bucket: string, nuid: string): string => `$O.${bucket}.C.${nuid}`;
