import { expect, it } from 'vitest';
import { correlation } from './correlation.js';
import { currentTrace, parseTraceparent, traceHeaders } from './trace-context.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('passes the incoming trace on unchanged while no tracer runs', () => {
  const work = { correlationId: 'c', traceparent: TRACE, tracestate: 'a=b' };
  expect(correlation.run(work, traceHeaders)).toEqual({ traceparent: TRACE, tracestate: 'a=b' });
  expect(correlation.run({ correlationId: 'c' }, traceHeaders)).toEqual({});
  expect(correlation.run(work, currentTrace)?.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
});

it.each(['', 'nonsense', TRACE.toUpperCase(), `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${TRACE}-more`])(
  'does not believe "%s"',
  (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
    expect(correlation.run({ correlationId: 'c', traceparent: text, tracestate: 'x=y' }, traceHeaders)).not.toHaveProperty(
      'traceparent',
    );
  },
);

it('keeps the contexts of two pieces of work apart over awaits', async () => {
  const seen = await Promise.all(
    ['a', 'b'].map((correlationId) =>
      correlation.run({ correlationId }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return correlation.current()?.correlationId;
      }),
    ),
  );
  expect(seen).toEqual(['a', 'b']);
  expect(correlation.current()).toBeUndefined();
});
