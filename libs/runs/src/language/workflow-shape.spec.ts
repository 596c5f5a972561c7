import { readFileSync } from 'node:fs';
import { workflowSchema } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { shapeProblems } from './workflow-shape.js';

describe('the schema of workflows', () => {
  it('stands in config/schema as the contracts have it (else: npm run build && node scripts/workflow-schema.mjs)', () => {
    const file = new URL('../../../../config/schema/workflow.v1.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(workflowSchema);
  });

  it('says what is allowed', () => {
    const shape = (more: object) => shapeProblems({ api: 'aet/workflow.v1', name: 'x', steps: { a: { task: 'x', ...more } } });
    expect(shape({})).toEqual([]);
    expect(shape({ priority: 'soon' })).toEqual([
      { path: ['steps', 'a', 'priority'], message: 'must be one of critical, high, normal, low' },
    ]);
    expect(shape({ retry: { attempts: 0 } })).toEqual([{ path: ['steps', 'a', 'retry', 'attempts'], message: 'must be >= 1' }]);
    expect(shapeProblems({ api: 'aet/workflow.v2', name: 'x', steps: { a: { task: 'x' } } })).toEqual([
      { path: ['api'], message: 'must be "aet/workflow.v1"' },
    ]);
    expect(shapeProblems(null)).toHaveLength(1);
  });
});
