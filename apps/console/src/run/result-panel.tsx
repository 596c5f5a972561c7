import type { ArtifactList, ArtifactRef, Finding, RunView } from '@aet/contracts';
import { useEffect, useState } from 'react';
import { getJson } from '../api/get-json.js';
import { bytes } from '../format/bytes.js';
import { Badge } from '../ui/badge.js';
import { JsonValue } from '../ui/json-value.js';
import { Link } from '../ui/router.js';
import { severityTone } from '../ui/tones.js';
import { findingsIn, headlineIn, SEVERITY_ORDER } from './findings.js';

/** Findings listed before the report has to be opened. */
const SHOWN = 8;

const artifactPath = (runId: string, name: string): string =>
  `/v1/runs/${encodeURIComponent(runId)}/artifacts/${encodeURIComponent(name)}`;

/** What the run gave: its files, and the findings that a report among them lists. Nothing while there is nothing. */
export function ResultPanel({ run }: { run: RunView }) {
  const [artifacts, setArtifacts] = useState<ArtifactRef[]>([]);
  const [findings, setFindings] = useState<Finding[]>();
  const [headline, setHeadline] = useState<string>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    const read = async (): Promise<void> => {
      const { artifacts: found } = await getJson<ArtifactList>(`/v1/runs/${run.runId}/artifacts`, stop.signal);
      setArtifacts(found);
      const report = found.find((a) => a.mediaType.startsWith('application/json'));
      const source =
        report === undefined ? run.output : await getJson<unknown>(artifactPath(run.runId, report.name), stop.signal);
      setFindings(findingsIn(source));
      setHeadline(headlineIn(source));
      setProblem(undefined);
    };
    read().catch((error: unknown) => {
      if (!stop.signal.aborted) setProblem((error as Error).message);
    });
    return () => stop.abort();
    // Artifacts are written by tasks: another finished task is the reason to look again.
  }, [run.runId, run.status, run.attempts.completed, run.output]);
  const bare = findings === undefined && run.output !== undefined && run.output !== null;
  if (artifacts.length === 0 && findings === undefined && problem === undefined && !bare) return null;
  return (
    <section aria-labelledby="result">
      <header className="section-head">
        <h2 id="result">Result</h2>
        {findings !== undefined && (
          <span className="soft">
            {findings.length === 0 ? 'No findings' : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`}
          </span>
        )}
        {problem !== undefined && <span className="problem">The result cannot be read: {problem}</span>}
      </header>
      {headline !== undefined && <p className="headline">{headline}</p>}
      {findings !== undefined && findings.length > 0 && <Findings findings={findings} />}
      {bare && <JsonValue value={run.output} runId={run.runId} label="Output of the run" />}
      <ul className="artifacts">
        {artifacts.map((artifact) => (
          <li key={artifact.name}>
            {artifact.mediaType.startsWith('text/markdown') ? (
              <Link to={`/runs/${run.runId}/artifacts/${encodeURIComponent(artifact.name)}`}>{artifact.name}</Link>
            ) : (
              <a href={artifactPath(run.runId, artifact.name)}>{artifact.name}</a>
            )}
            <span className="soft"> {bytes(artifact.bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? findings : findings.slice(0, SHOWN);
  return (
    <>
      <p className="severities">
        {SEVERITY_ORDER.map((severity) => {
          const count = findings.filter((f) => f.severity === severity).length;
          return (
            count > 0 && (
              <Badge key={severity} tone={severityTone(severity)}>
                {count} {severity}
              </Badge>
            )
          );
        })}
      </p>
      <ol className="findings">
        {shown.map((finding, index) => (
          <li key={index}>
            <Badge tone={severityTone(finding.severity)}>{finding.severity}</Badge>
            <div>
              <p>
                {finding.message} <code className="id">{finding.rule}</code>
              </p>
              {finding.file !== undefined && (
                <p className="soft">
                  <code>
                    {finding.file}
                    {finding.line !== undefined && `:${finding.line}`}
                    {finding.pointer !== undefined && ` ${finding.pointer}`}
                  </code>
                </p>
              )}
              {finding.remedy !== undefined && <p className="soft">{finding.remedy}</p>}
            </div>
          </li>
        ))}
      </ol>
      {findings.length > SHOWN && (
        <button type="button" className="quiet" onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${findings.length} findings`}
        </button>
      )}
    </>
  );
}
