import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentDefinition } from '../domain/agent-definition.js';
import { AgentInvalid, parseAgent } from '../domain/parse-agent.js';

/** Definitions of all folders in their order, and the files that could not be read as one: those are left out, and said. */
export function readAgentFiles(folders: readonly string[]): { agents: AgentDefinition[]; invalid: string[] } {
  const agents: AgentDefinition[] = [];
  const invalid: string[] = [];
  for (const file of folders.flatMap(markdownFiles)) {
    try {
      agents.push(parseAgent(readFileSync(file, 'utf8'), file));
    } catch (error) {
      invalid.push(error instanceof AgentInvalid ? error.message : `${file}: ${(error as Error).message}`);
    }
  }
  return { agents, invalid };
}

function markdownFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/(^|\/)README\.md$/i.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}
