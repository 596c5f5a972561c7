import { AetError, ErrorCode, LANES } from '@aet/contracts';
import { parse } from 'yaml';
import type { AgentDefinition } from './agent-definition.js';

export class AgentInvalid extends AetError {
  readonly code = ErrorCode.ConfigInvalid;
}

const FRONT_MATTER = /^---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)([\s\S]*)$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const EXECUTORS = ['builtin', 'command', 'claude'];

/**
 * Reads an agent in the format that Claude Code uses for subagents: front matter, then the prompt.
 * Source: Claude Code's documentation, "Create custom subagents". Everything of ours stands in the optional `aet:` block.
 * @param source named in errors
 * @throws {AgentInvalid}
 */
export function parseAgent(text: string, source: string): AgentDefinition {
  const match = FRONT_MATTER.exec(text.replace(/^\uFEFF/, ''));
  if (!match)
    throw new AgentInvalid(
      `${source}: must begin with front matter between two lines of "---", with at least name and description`,
    );
  const front = readFrontMatter(match[1] ?? '', source);
  const name = requiredText(front, 'name', source);
  if (!NAME.test(name)) throw new AgentInvalid(`${source}: name "${name}" must be letters, digits, "-" and "_", at most 63`);
  const aet = asMap(front['aet'], source, 'aet');
  const executor = optionalText(aet, 'executor', source) ?? 'claude';
  if (!EXECUTORS.includes(executor))
    throw new AgentInvalid(`${source}: aet.executor "${executor}" must be one of ${EXECUTORS.join(', ')}`);
  const command = commandOf(aet, executor, source);
  const effect = effectOf(aet, executor, source);
  const model = optionalText(front, 'model', source);
  const lane = laneOf(aet, source);
  const version = optionalText(aet, 'version', source);
  return {
    name,
    description: requiredText(front, 'description', source),
    tools: toolsOf(front['tools'], source),
    prompt: (match[2] ?? '').trim(),
    capabilities: capabilitiesOf(aet, name, source),
    executor,
    source,
    ...(model === undefined || model === 'inherit' ? {} : { model }),
    ...(lane === undefined ? {} : { lane }),
    ...(version === undefined ? {} : { version }),
    ...(command === undefined ? {} : { command }),
    ...(effect === undefined ? {} : { effect }),
  };
}

/**
 * Real collections hold front matter that is not quite YAML: a description with a colon in it, unquoted.
 * What YAML refuses is read line by line as `key: text`, as Claude Code does; a file with an `aet:` block has to be real YAML.
 */
function readFrontMatter(text: string, source: string): Record<string, unknown> {
  try {
    return asMap(parse(text), source, 'front matter');
  } catch (error) {
    if (error instanceof AgentInvalid || /^aet:/m.test(text)) {
      throw new AgentInvalid(`${source}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
    }
    return Object.fromEntries(
      text.split(/\r?\n/).flatMap((line) => {
        const pair = /^([A-Za-z][\w-]*):[ \t]*(.*)$/.exec(line);
        return pair?.[1] === undefined ? [] : [[pair[1], pair[2] ?? '']];
      }),
    );
  }
}

function asMap(value: unknown, source: string, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new AgentInvalid(`${source}: ${what} must be a map`);
  return value as Record<string, unknown>;
}

function optionalText(map: Record<string, unknown>, key: string, source: string): string | undefined {
  const value = map[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') throw new AgentInvalid(`${source}: ${key} must be text`);
  return String(value).trim();
}

function requiredText(map: Record<string, unknown>, key: string, source: string): string {
  const value = optionalText(map, key, source);
  if (value === undefined) throw new AgentInvalid(`${source}: ${key} is missing`);
  return value;
}

function toolsOf(value: unknown, source: string): string[] {
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : undefined;
  if (items === undefined) throw new AgentInvalid(`${source}: tools must be a list, or names between commas`);
  return items.map((item) => String(item).trim()).filter((item) => item !== '');
}

function capabilitiesOf(aet: Record<string, unknown>, name: string, source: string): string[] {
  const declared = aet['capabilities'];
  if (declared === undefined) return [name];
  if (!Array.isArray(declared) || declared.length === 0)
    throw new AgentInvalid(`${source}: aet.capabilities must be a list with at least one name`);
  return declared.map((item) => {
    if (typeof item !== 'string' || !NAME.test(item))
      throw new AgentInvalid(`${source}: capability ${JSON.stringify(item)} must be letters, digits, "-" and "_"`);
    return item;
  });
}

function laneOf(aet: Record<string, unknown>, source: string): AgentDefinition['lane'] {
  const text = optionalText(aet, 'lane', source);
  const lane = LANES.find((known) => known === text);
  if (text !== undefined && lane === undefined)
    throw new AgentInvalid(`${source}: aet.lane "${text}" must be one of ${LANES.join(', ')}`);
  return lane;
}

function commandOf(aet: Record<string, unknown>, executor: string, source: string): AgentDefinition['command'] {
  if (executor !== 'command') return undefined;
  const [program, ...args] = Array.isArray(aet['command']) ? aet['command'].map(String) : [];
  if (program === undefined || program === '') {
    throw new AgentInvalid(
      `${source}: aet.command must be a list of a program and its arguments; a shell string is not accepted`,
    );
  }
  return { program, args };
}

function effectOf(aet: Record<string, unknown>, executor: string, source: string): AgentDefinition['effect'] {
  if (aet['effect'] === undefined) return undefined;
  if (executor !== 'command') throw new AgentInvalid(`${source}: aet.effect is for the executor "command", not "${executor}"`);
  const given = asMap(aet['effect'], source, 'aet.effect');
  const [program, ...args] = Array.isArray(given['reconcile']) ? given['reconcile'].map(String) : [];
  if (program === undefined || program === '') {
    throw new AgentInvalid(
      `${source}: aet.effect.reconcile must be a list of a program and its arguments, which tells by its exit code whether the effect was done (0) or not (1)`,
    );
  }
  const key = optionalText(given, 'key', source);
  return { reconcile: { program, args }, ...(key === undefined ? {} : { key }) };
}
