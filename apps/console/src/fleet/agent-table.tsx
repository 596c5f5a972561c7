import type { AgentInfo, AgentRoster } from '@aet/contracts';

interface Row {
  agent: AgentInfo;
  hosts: string[];
}

/** One row for each agent, however many hosts run it. */
function rowsOf(roster: AgentRoster): Row[] {
  const rows = new Map<string, Row>();
  for (const { host, agents } of roster.hosts) {
    for (const agent of agents) {
      const row = rows.get(agent.name) ?? { agent, hosts: [] };
      if (!row.hosts.includes(host)) row.hosts.push(host);
      rows.set(agent.name, row);
    }
  }
  return [...rows.values()].toSorted((a, b) => a.agent.name.localeCompare(b.agent.name));
}

export function AgentTable({ roster }: { roster: AgentRoster }) {
  const rows = rowsOf(roster);
  return (
    <section aria-labelledby="agents">
      <header className="section-head">
        <h2 id="agents">Agents</h2>
        <span className="soft">
          {rows.length} on {roster.hosts.length} {roster.hosts.length === 1 ? 'host' : 'hosts'}
        </span>
        {roster.silent.length > 0 && (
          <span className="problem">{roster.silent.map((s) => s.host).join(', ')} did not answer</span>
        )}
      </header>
      <div className="table-frame">
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">Executor</th>
              <th scope="col">Capabilities</th>
              <th scope="col">Hosts</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ agent, hosts }) => (
              <tr key={agent.name}>
                <th scope="row">
                  {agent.name}
                  <p className="about">{agent.description}</p>
                </th>
                <td data-label="Executor">{agent.executor}</td>
                <td data-label="Capabilities">{agent.capabilities.join(', ')}</td>
                <td data-label="Hosts">{hosts.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
