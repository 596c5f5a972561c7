import { WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';

/** What every contender does: three steps, one after the other, each giving back what the one before gave. About 220 bytes pass through. */
export const threeSteps: WorkflowDocument = {
  api: WORKFLOW_API,
  name: 'three-steps',
  inputs: { text: { type: 'string', required: true } },
  steps: {
    first: { task: 'echo', with: { text: '${{ inputs.text }}' } },
    second: { task: 'echo', needs: ['first'], with: { text: '${{ steps.first.text }}' } },
    third: { task: 'echo', needs: ['second'], with: { text: '${{ steps.second.text }}' } },
  },
  output: '${{ steps.third.text }}',
};

export const STEPS = Object.keys(threeSteps.steps).length;
export const TEXT = 'x'.repeat(200);
