/** Of a workflow's file. */
export const WORKFLOW_ENDING = /\.(ya?ml|json)$/;

/** Whether a file is meant and no name: it has a folder or an ending. */
export const isWorkflowFile = (what: string): boolean => /[\\/]/.test(what) || WORKFLOW_ENDING.test(what);
