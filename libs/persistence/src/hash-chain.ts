/** The chain is the same for a log in a file: it stands where both find it. */
export { broken, type ChainEnd, checkChain, eventHash, GENESIS, type HashedEvent, link, type LinkedEvent } from '@aet/runs';
