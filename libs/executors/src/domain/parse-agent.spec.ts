import { describe, expect, it } from 'vitest';
import { parseAgent } from './parse-agent.js';
import { Roster } from './roster.js';

const file = (front: string, body = 'You review code.') => `---\n${front}\n---\n\n${body}\n`;

describe('an agent file', () => {
  it('in the plain format of Claude Code becomes an agent with its name as capability', () => {
    const agent = parseAgent(file('name: code-reviewer\ndescription: Reviews code\ntools: Read, Grep\nmodel: sonnet'), 'a.md');
    expect(agent).toMatchObject({
      name: 'code-reviewer',
      tools: ['Read', 'Grep'],
      model: 'sonnet',
      executor: 'claude',
      capabilities: ['code-reviewer'],
      prompt: 'You review code.',
    });
  });

  it('may hold an unquoted colon in its description, as real collections do', () => {
    const agent = parseAgent(
      file('name: x\ndescription: Use when: a test fails. Examples: <example>Context: a: b</example>\ntools: Bash'),
      'a.md',
    );
    expect(agent.description).toContain('Context: a: b');
    expect(agent.tools).toEqual(['Bash']);
  });

  it('says its own things in the aet block', () => {
    const agent = parseAgent(
      file('name: x\ndescription: d\naet:\n  executor: command\n  command: [node, --version]\n  capabilities: [a, b]'),
      'a.md',
    );
    expect(agent).toMatchObject({ capabilities: ['a', 'b'], command: { program: 'node', args: ['--version'] } });
  });

  it.each([
    ['no front matter', 'hello', 'must begin with front matter'],
    ['no name', file('description: d'), 'name is missing'],
    ['no description', file('name: x'), 'description is missing'],
    ['a name that is a path', file('name: ../x\ndescription: d'), 'must be letters'],
    ['an unknown executor', file('name: x\ndescription: d\naet: { executor: shell }'), 'must be one of builtin, command, claude'],
    [
      'a shell string',
      file('name: x\ndescription: d\naet: { executor: command, command: "rm -rf /" }'),
      'a shell string is not accepted',
    ],
    ['a capability with a dot', file('name: x\ndescription: d\naet: { capabilities: [a.b] }'), 'capability "a.b"'],
    ['broken YAML in the aet block', file('name: x\ndescription: d\naet: {'), 'a.md: '],
    ['a list as front matter', file('- a'), 'must be a map'],
  ])('with %s is refused with its name', (_what, text, expected) => {
    expect(() => parseAgent(text, 'a.md')).toThrow(expected);
    expect(() => parseAgent(text, 'a.md')).toThrow('a.md');
  });
});

describe('a roster', () => {
  const agent = (name: string, source: string, capability = 'cap') =>
    parseAgent(file(`name: ${name}\ndescription: d\naet: { capabilities: [${capability}] }`), source);

  it('takes the lane of its work from its file, one of the three', () => {
    const withLane = (lane: string) => parseAgent(file(`name: a\ndescription: d\naet: { lane: ${lane} }`), 'here');
    expect(withLane('background').lane).toBe('background');
    expect(() => withLane('fast')).toThrow(/here: aet.lane "fast" must be one of real-time, parallel, background/);
  });

  it('lets the first of one name win and keeps only the wanted', () => {
    const roster = new Roster([agent('a', 'project'), agent('a', 'shipped'), agent('b', 'shipped', 'other')]);
    expect(roster.agents.map(({ name, source }) => [name, source])).toEqual([
      ['a', 'project'],
      ['b', 'shipped'],
    ]);
    expect(new Roster(roster.agents, ['b']).capabilities).toEqual(['other']);
  });

  it('chooses by capability, and by name when asked', () => {
    const roster = new Roster([agent('a', 's'), agent('b', 's')]);
    expect(roster.choose('cap')?.name).toBe('a');
    expect(roster.choose('cap', 'b')?.name).toBe('b');
    expect(roster.choose('cap', 'c')).toBeUndefined();
    expect(roster.choose('none')).toBeUndefined();
  });
});
