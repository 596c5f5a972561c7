import { useEffect, useState } from 'react';
import Markdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { type ApiFailure, request } from '../api/get-json.js';
import { FailureNotice } from '../ui/notice.js';
import { Link } from '../ui/router.js';

/** A Markdown artifact. HTML in it stays text, links lead only to web addresses, and images are not loaded: a report quotes what strangers wrote. */
export function ArtifactPage({ runId, name }: { runId: string; name: string }) {
  const [text, setText] = useState<string>();
  const [failure, setFailure] = useState<ApiFailure>();
  const path = `/v1/runs/${encodeURIComponent(runId)}/artifacts/${encodeURIComponent(name)}`;
  useEffect(() => {
    const stop = new AbortController();
    request(path, { signal: stop.signal })
      .then((response) => response.text())
      .then(setText)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setFailure(error as ApiFailure);
      });
    return () => stop.abort();
  }, [path]);
  return (
    <>
      <title>{`${name} · AET`}</title>
      <p className="trail">
        <Link to="/runs">Runs</Link> / <Link to={`/runs/${runId}`}>{runId}</Link> / {name} · <a href={path}>as a file</a>
      </p>
      {failure !== undefined && <FailureNotice failure={failure} />}
      {text === undefined && failure === undefined && <p className="soft">Loading the report …</p>}
      {text !== undefined && (
        <article className="prose">
          <Markdown remarkPlugins={[remarkGfm]} disallowedElements={['img']} components={{ a: OutsideLink }}>
            {text}
          </Markdown>
        </article>
      )}
    </>
  );
}

function OutsideLink({ href, children }: { href?: string | undefined; children?: React.ReactNode }) {
  if (href === undefined || href === '' || !/^(https?:|#)/.test(href)) return <span>{children}</span>;
  return (
    <a href={href} rel="noreferrer noopener" target={href.startsWith('#') ? undefined : '_blank'}>
      {children}
    </a>
  );
}
