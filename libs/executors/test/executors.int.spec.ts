import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuiltinExecutor } from '../src/adapters/executors/builtin.executor.js';
import { ClaudeExecutor } from '../src/adapters/executors/claude.executor.js';
import { CommandExecutor } from '../src/adapters/executors/command.executor.js';
import type { AgentDefinition } from '../src/domain/agent-definition.js';
import type { AttemptServices, Executor, ExecutorEvent } from '../src/domain/executor.js';
import type { OfferedSkill, Skill } from '../src/domain/skill.js';
import { type Behaviour, executorContract, taskWith } from './executor.contract.js';

let workDir: string;
beforeEach(() => (workDir = mkdtempSync(join(tmpdir(), 'aet-exec-'))));
afterEach(() => rmSync(workDir, { recursive: true, force: true }));

const agentOf = (command?: AgentDefinition['command']): AgentDefinition => ({
  name: 'a',
  description: '',
  tools: [],
  prompt: 'Be brief.',
  capabilities: ['cap'],
  executor: 'any',
  source: '',
  ...(command === undefined ? {} : { command }),
});
async function collect(
  executor: Executor,
  input: unknown,
  agent = agentOf(),
  signal = new AbortController().signal,
): Promise<ExecutorEvent[]> {
  const events: ExecutorEvent[] = [];
  const context = { agent, signal, workDir, services: {} as AttemptServices };
  for await (const event of executor.run(taskWith(input), context)) events.push(event);
  return events;
}
const offered = (skill: Skill): OfferedSkill => ({
  capability: skill.capability,
  load: () => Promise.resolve(skill),
});

const node = (script: string) => agentOf({ program: process.execPath, args: ['-e', script] });

describe('the command executor', () => {
  const executor = new CommandExecutor({ PATH: process.env['PATH'], SECRET_KEY: 'hidden' });

  it.each(executorContract)('$name', async ({ obeysContract }) => {
    const begun = join(workDir, 'begun');
    const agent = node(`
      require('node:fs').appendFileSync(${JSON.stringify(begun)}, 'x');
      process.stdin.on('data', (text) => {
        const { behaviour } = JSON.parse(text);
        console.error(behaviour);
        if (behaviour === 'fail') process.exit(1);
        if (behaviour === 'hang') setInterval(() => {}, 1000);
      });`);
    await obeysContract({ executor, agent, workDir, begun: () => (existsSync(begun) ? readFileSync(begun, 'utf8').length : 0) });
  });

  it('gives the input on standard input and takes JSON from standard output', async () => {
    const echo = node('process.stdin.pipe(process.stdout); console.error("on it")');
    expect(await collect(executor, { a: 1 }, echo)).toEqual([
      { kind: 'log', message: 'on it' },
      { kind: 'completed', output: { a: 1 } },
    ]);
  });

  it('passes nothing of the host environment on but what every program needs', async () => {
    const [event] = await collect(executor, null, node('console.log(JSON.stringify(Object.keys(process.env)))'));
    expect(event).toEqual({ kind: 'completed', output: ['PATH', 'TMPDIR'] });
  });

  it('reports the exit code and the last line of an error', async () => {
    const events = await collect(executor, null, node('console.error("no such table"); process.exit(3)'));
    expect(events.at(-1)).toMatchObject({
      kind: 'failed',
      retryable: true,
      message: expect.stringContaining('exit code 3: no such table') as string,
    });
  });

  it('says so when the program does not exist', async () => {
    const [event] = await collect(executor, null, agentOf({ program: 'no-such-program-here', args: [] }));
    expect(event).toMatchObject({
      kind: 'failed',
      retryable: false,
      message: expect.stringContaining('could not be started') as string,
    });
  });

  it('ends what the program leaves behind, even outside its group, and does not wait for it', async () => {
    const pidFile = join(workDir, 'pid');
    const script = `
      const away = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: true });
      require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(away.pid));
      console.log('"done"');
      process.exit(0);`;
    expect(await collect(executor, null, node(script))).toEqual([{ kind: 'completed', output: 'done' }]);
    const away = readFileSync(pidFile, 'utf8');
    await expect.poll(() => isAlive(away)).toBe(false);
  });

  it('ends the whole process group when aborted', async () => {
    const abort = new AbortController();
    const pidFile = join(workDir, 'pid');
    const script = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
      console.error('started');
      setInterval(() => {}, 1000);`;
    const context = { agent: node(script), signal: abort.signal, workDir, services: {} as AttemptServices };
    const kinds: string[] = [];
    for await (const event of executor.run(taskWith(null), context)) {
      kinds.push(event.kind);
      abort.abort();
    }
    expect(kinds).toEqual(['log', 'failed']);
    const grandchild = readFileSync(pidFile, 'utf8');
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });
});

/** A killed process whose parent is gone may stand in the table as a zombie for a moment: that is not alive. */
function isAlive(pid: string): boolean {
  const status = `/proc/${pid}/status`;
  if (existsSync('/proc/self/status')) return existsSync(status) && !/State:\s+Z/.test(readFileSync(status, 'utf8'));
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

describe('the builtin executor', () => {
  it.each(executorContract)('$name', async ({ obeysContract }) => {
    let begun = 0;
    const acting: Skill<{ behaviour: Behaviour }> = {
      capability: 'cap',
      summary: 'Does as it is told',
      inputSchema: { type: 'object' },
      run: async ({ behaviour }, context) => {
        begun++;
        context.log(behaviour);
        if (behaviour === 'fail') throw new Error('told to');
        if (behaviour === 'hang')
          await new Promise((resolve) => context.signal.addEventListener('abort', resolve, { once: true }));
        context.signal.throwIfAborted();
        return behaviour;
      },
    };
    await obeysContract({ executor: new BuiltinExecutor([offered(acting)]), agent: agentOf(), workDir, begun: () => begun });
  });

  const skill: Skill<{ n: number }> = {
    capability: 'cap',
    summary: 'Doubles',
    inputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
    run: async ({ n }, context) => {
      context.log('doubling');
      return Promise.resolve(n * 2);
    },
  };

  it('runs the skill of the capability', async () => {
    expect(await collect(new BuiltinExecutor([offered(skill)]), { n: 21 })).toEqual([
      { kind: 'log', message: 'doubling' },
      { kind: 'completed', output: 42 },
    ]);
  });

  it('refuses an input that the skill does not declare, and an unknown capability', async () => {
    expect(await collect(new BuiltinExecutor([offered(skill)]), {})).toMatchObject([
      { kind: 'failed', retryable: false, message: expect.stringContaining("'n'") as string },
    ]);
    expect(await collect(new BuiltinExecutor([]), {})).toMatchObject([{ kind: 'failed', retryable: false }]);
  });
});

describe('the claude executor', () => {
  /** A server that speaks the Messages API's stream as its documentation shows it. */
  async function model(handler: (body: string, request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => handler(body, request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      [Symbol.asyncDispose]: () => {
        server.closeAllConnections();
        return new Promise<void>((resolve) => server.close(() => resolve()));
      },
    };
  }
  function executorAt(baseUrl: string): ClaudeExecutor {
    const apiKeyFile = join(workDir, 'key');
    writeFileSync(apiKeyFile, 'test-key\n', { mode: 0o600 });
    return new ClaudeExecutor({ baseUrl, apiKeyFile, model: 'claude-test', maxTokens: 100 });
  }
  it.each(executorContract)('$name', async ({ obeysContract }) => {
    let begun = 0;
    await using server = await model((body, _request, response) => {
      begun++;
      if (body.includes('fail')) return void response.writeHead(400).end('{}');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const message = {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [],
        model: 'claude-test',
        stop_reason: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      };
      response.write(frame('message_start', { message }));
      // Hangs with the connection open.
      if (body.includes('hang')) return;
      response.write(frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }));
      response.end(frame('message_stop', {}));
    });
    await obeysContract({ executor: executorAt(server.url), agent: agentOf(), workDir, begun: () => begun });
  });

  const frame = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

  it('streams the answer, counts its tokens, and sends the input as data under the prompt of the agent', async () => {
    let sent: { system?: string; messages?: { content: string }[] } = {};
    let key: unknown;
    await using server = await model((body, request, response) => {
      sent = JSON.parse(body) as typeof sent;
      key = request.headers.authorization;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const message = {
        id: 'm',
        type: 'message',
        role: 'assistant',
        content: [],
        model: 'claude-test',
        stop_reason: null,
        usage: { input_tokens: 7, output_tokens: 1 },
      };
      response.write(frame('message_start', { message }));
      response.write(frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }));
      for (const text of ['Do not', ' merge.\nFix ', 'it.'])
        response.write(frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }));
      response.write(frame('content_block_stop', { index: 0 }));
      response.write(frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }));
      response.end(frame('message_stop', {}));
    });
    const events = await collect(executorAt(server.url), { findings: ['x'] });
    expect(events.map((event) => (event.kind === 'log' ? event.message : event.kind))).toEqual([
      'asking claude-test',
      'Do not merge.',
      'Fix it.',
      'completed',
    ]);
    expect(events.at(-1)).toEqual({
      kind: 'completed',
      output: { text: 'Do not merge.\nFix it.', stopReason: 'end_turn' },
      usage: { inputTokens: 7, outputTokens: 9, model: 'claude-test' },
    });
    expect(key).toBe('Bearer test-key');
    expect(sent.system).toBe('Be brief.');
    expect(sent.messages?.[0]?.content).toContain('<task capability="cap">');
  });

  it.each([
    [429, true],
    [529, true],
    [401, false],
    [400, false],
  ])('reports a refusal with status %i as retryable: %s', async (status, retryable) => {
    await using server = await model((_body, _request, response) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ type: 'error', error: { type: 'x', message: 'no' } }));
    });
    expect((await collect(executorAt(server.url), {})).at(-1)).toMatchObject({ kind: 'failed', retryable, details: { status } });
  });

  it('says what to do without a key, and when the model cannot be reached', async () => {
    const keyless = new ClaudeExecutor({ baseUrl: 'http://127.0.0.1:1', apiKeyFile: '', model: 'm', maxTokens: 1 });
    expect(await collect(keyless, {})).toMatchObject([
      { kind: 'failed', retryable: false, message: expect.stringContaining('ANTHROPIC_API_KEY') as string },
    ]);
    expect((await collect(executorAt('http://127.0.0.1:1'), {})).at(-1)).toMatchObject({ kind: 'failed', retryable: true });
  });
});
