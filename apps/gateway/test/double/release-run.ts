import { type DecisionWord, type RunActed, type RunStatus, type RunView, type SignalWord, type StepView } from '@aet/contracts';
import { ScriptedRun } from './scripted-run.js';

const OTHER = '01890000-0000-7000-8000-00000000a010';
export const CHILDREN = ['01890000-0000-7000-8000-00000000c101', '01890000-0000-7000-8000-00000000c102'];
export const LARGE = { $payload: { sha256: 'ab'.repeat(32), bytes: 3_355_443, cell: 'mainpc' } };

const step = (name: string, kind: StepView['kind'], part: Partial<StepView> = {}): StepView => ({
  name,
  kind,
  task: name,
  needs: [],
  status: 'waiting',
  attempts: 0,
  ...part,
});

/** A run of a workflow that has a step of every kind, in the middle of its work; what operators say to it is done at once, and stands in its log. */
export class ReleaseRun extends ScriptedRun {
  private readonly taken: NonNullable<RunView['signals']> = [];

  constructor(runId: string, cell: string, time: Date) {
    super(runId, cell, time, { version: '2.4.0', targets: ['eu', 'us'] });
    const startedAt = time.toISOString();
    this.steps.clear();
    for (const s of stepsAt(startedAt, new Date(time.getTime() + 3_600_000).toISOString())) this.steps.set(s.name, s);
    this.wait(900);
    this.append({ type: 'approval.requested', data: { step: 'ask', text: 'Ship 2.4.0 to both regions?' } });
    this.append({ type: 'branch.taken', data: { step: 'risk', taken: ['ask'] } });
    const by = this.by('scan');
    this.append({ type: 'attempt.saved', data: { step: 'scan', attempt: 1, saved: { files: 118, part: LARGE }, by } });
  }

  override by(_name: string): ReturnType<ScriptedRun['by']> {
    return { cell: this.cell, host: 'mainpc', instance: 'agent-main0000', agent: 'builder' };
  }

  override told(word: string, request: DecisionWord & Partial<SignalWord> & { priority?: RunView['priority'] }): RunActed {
    const { by = '', reason } = request;
    const data = { by, ...(reason === undefined ? {} : { reason }) };
    this.wait(400);
    if (word === 'pause') this.now('paused').append({ type: 'run.paused', data });
    if (word === 'resume') this.now('running').append({ type: 'run.resumed', data });
    if (word === 'redrive') this.now('running').append({ type: 'run.redriven', data });
    if (word === 'cancel') this.now('cancelled').append({ type: 'run.cancelled', data });
    if (word === 'prioritize') {
      this.priority = request.priority ?? 'normal';
      this.append({ type: 'run.prioritized', data: { ...data, priority: this.priority } });
    }
    if (word === 'approve' || word === 'reject') this.decide(word === 'approve', data);
    if (word === 'signal') this.signal(request.name ?? '', request.id ?? '', request.payload, by);
    return { runId: this.runId, status: this.status, sequence: this.events.length, changed: true };
  }

  override view(): RunView {
    return {
      ...super.view(),
      workflow: 'release',
      origin: { kind: 'rerun', runId: OTHER, sequence: 31, from: 'risk', by: 'anna', reason: 'the disk was full' },
      children: CHILDREN.map((runId, item) => ({
        runId,
        step: 'notify',
        item,
        attempt: 1,
        status: item === 0 ? 'completed' : 'running',
      })),
      ...(this.taken.length === 0 ? {} : { signals: this.taken }),
    };
  }

  private now(status: RunStatus): this {
    this.status = status;
    return this;
  }

  private end(name: string, part: Partial<StepView>): void {
    const { waitsFor: _, ...rest } = this.at(name);
    this.steps.set(name, { ...rest, finishedAt: this.time.toISOString(), ...part });
  }

  private decide(approved: boolean, word: { by: string; reason?: string }): void {
    const error = { code: 'REJECTED', message: `rejected by ${word.by}`, retryable: false };
    this.end('ask', approved ? { status: 'completed', output: { approved, ...word } } : { status: 'failed', error });
    this.append({ type: 'approval.decided', data: { step: 'ask', approved, ...word } });
  }

  private signal(name: string, id: string, payload: unknown, by: string): void {
    this.end('go', { status: 'completed', output: payload ?? null });
    this.taken.push({ id, name, by, at: this.time.toISOString(), takenBy: 'go' });
    this.append({ type: 'signal.received', data: { name, id, payload, by } });
  }
}

function stepsAt(startedAt: string, later: string): StepView[] {
  const done = {
    status: 'completed',
    attempts: 1,
    startedAt,
    finishedAt: new Date(Date.parse(startedAt) + 700).toISOString(),
  } as const;
  const running = { status: 'running', attempts: 1, startedAt } as const;
  return [
    step('build', 'task', { ...done, output: { image: LARGE }, cached: { runId: OTHER, step: 'build', at: startedAt } }),
    step('test', 'task', {
      ...done,
      task: 'test-runner',
      needs: ['build'],
      items: { total: 6, done: 4 },
      output: [1, 2, 3, 4, null, null],
    }),
    step('scan', 'task', { ...running, task: 'secret-scan', needs: ['build'] }),
    step('risk', 'branch', { ...done, attempts: 0, task: 'branch', needs: ['test'], output: { taken: ['ask'] } }),
    step('ask', 'approval', {
      ...running,
      task: 'approval',
      needs: ['risk'],
      waitsFor: { approval: 'Ship 2.4.0 to both regions?', approvers: ['anna', 'bo'], until: later },
    }),
    step('docs', 'task', { status: 'skipped', needs: ['risk'] }),
    step('window', 'wait', { ...running, task: 'wait until a time', needs: ['risk'], waitsFor: { until: later } }),
    step('go', 'wait', { ...running, task: 'wait for the signal go', needs: ['risk'], waitsFor: { signal: 'go' } }),
    step('notify', 'workflow', {
      ...running,
      task: 'notify',
      needs: ['test'],
      items: { total: 2, done: 1 },
      waitsFor: { runs: CHILDREN.slice(1) },
    }),
    step('render', 'task', {
      ...running,
      task: 'gpu-render',
      needs: ['build'],
      waitsFor: { host: 'a host with the capability "gpu-render": none has an agent for it now' },
    }),
    step('mark', 'checkpoint', { ...done, task: 'checkpoint', needs: ['test'], output: { version: '2.4.0' } }),
    step('ship', 'task', { needs: ['ask', 'window', 'go', 'mark'] }),
  ];
}

/** A run that failed and took back what it had done. */
export class UndoneRun extends ScriptedRun {
  constructor(runId: string, cell: string, time: Date) {
    super(runId, cell, time);
    const at = { startedAt: time.toISOString(), finishedAt: new Date(time.getTime() + 1200).toISOString() };
    const error = { code: 'ATTEMPT_FAILED', message: 'the health check answered 502', retryable: false };
    this.steps.clear();
    for (const s of [
      step('reserve', 'task', { status: 'completed', attempts: 1, ...at }),
      step('deploy', 'task', { status: 'completed', attempts: 1, needs: ['reserve'], ...at }),
      step('check', 'task', { status: 'failed', attempts: 2, needs: ['deploy'], error, ...at }),
      step('tidy', 'task', {
        status: 'failed',
        attempts: 1,
        error: { ...error, code: 'CANCELLED', message: 'the run ended' },
        ...at,
      }),
      step('report', 'task', { needs: ['check'] }),
      step('deploy~undo', 'task', { task: 'undeploy', status: 'completed', attempts: 1, compensates: 'deploy', ...at }),
      step('reserve~undo', 'task', { task: 'free', status: 'failed', attempts: 3, compensates: 'reserve', error, ...at }),
    ])
      this.steps.set(s.name, s);
    this.wait(4_000);
    this.append({
      type: 'run.compensating',
      data: { ending: { kind: 'failed', error, step: 'check' }, steps: ['deploy', 'reserve'] },
    });
    this.wait(2_000).giveUp('check', 'step check failed after 2 attempts: the health check answered 502');
  }

  override told(word: string, request: DecisionWord): RunActed {
    this.status = 'running';
    this.error = undefined;
    if (word === 'redrive') this.append({ type: 'run.redriven', data: { by: request.by ?? '' } });
    return { runId: this.runId, status: this.status, sequence: this.events.length, changed: true };
  }

  override view(): RunView {
    return { ...super.view(), workflow: 'deploy', lane: 'background' };
  }
}
