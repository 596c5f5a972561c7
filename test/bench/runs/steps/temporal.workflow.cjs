// The workflow that Temporal's worker bundles: three activities, one after the other.
const { proxyActivities } = require('@temporalio/workflow');

const { echo } = proxyActivities({ startToCloseTimeout: '1 minute' });

exports.threeSteps = async (text) => echo(await echo(await echo(text)));
