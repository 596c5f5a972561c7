import { Logger } from '@nestjs/common';

const logger = new Logger('EventBus');

/** What both kinds of message have. */
interface JsonMessage {
  subject: string;
  json(): unknown;
}

/** Takes what its subject promises. */
export type Listener = (value: never) => void;

/** A message that is not JSON is logged and left out: one bad sender must not silence all others. */
export function decodeMessage(message: JsonMessage): unknown {
  try {
    return message.json();
  } catch (error) {
    logger.warn(`a message on ${message.subject} is not JSON and was left out: ${String(error)}`);
    return undefined;
  }
}

/** Decodes and hands on. A listener that throws is logged; the next message still comes. */
export function deliver(message: JsonMessage, handler: Listener): void {
  const value = decodeMessage(message);
  if (value === undefined) return;
  try {
    handler(value as never);
  } catch (error) {
    logger.error(error);
  }
}
