import { Logger } from '@nestjs/common';

const logger = new Logger('EventBus');

/** What both kinds of message have. */
interface JsonMessage {
  subject: string;
  json(): unknown;
}

/** Takes what its subject promises. */
export type Listener = (value: never) => void;

/** What a message holds: one thing, or an array of them. One that is not JSON is logged and left out: one bad sender must not silence all others. */
export function decodeMessage(message: JsonMessage): unknown[] {
  try {
    return [message.json()].flat();
  } catch (error) {
    logger.warn(`a message on ${message.subject} is not JSON and was left out: ${String(error)}`);
    return [];
  }
}

/** Decodes and hands on. A listener that throws is logged; the next message still comes. */
export function deliver(message: JsonMessage, handler: Listener): void {
  for (const value of decodeMessage(message)) {
    try {
      handler(value as never);
    } catch (error) {
      logger.error(error);
    }
  }
}
