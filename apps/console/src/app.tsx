import { type ReactNode, useEffect, useRef } from 'react';
import { Announcer } from './act/announcer.js';
import { ApprovalsPage } from './approvals/approvals-page.js';
import { CellsPage } from './cells/cells-page.js';
import { ErrorsPage } from './errors/errors-page.js';
import { FleetPage } from './fleet/fleet-page.js';
import { DeadLettersPage } from './queue/dead-letters-page.js';
import { EffectsPage } from './queue/effects-page.js';
import { LetterPage } from './queue/letter-page.js';
import { QueuePage } from './queue/queue-page.js';
import { ArtifactPage } from './run/artifact-page.js';
import { RunPage } from './run/run-page.js';
import { TimelinePage } from './run/timeline-page.js';
import { RunsPage } from './runs/runs-page.js';
import { SchedulesPage } from './schedules/schedules-page.js';
import { Notice } from './ui/notice.js';
import { Link, usePlace } from './ui/router.js';
import { THEMES, useTheme } from './ui/theme.js';

const NAV = [
  { to: '/', name: 'Fleet', here: /^\/(cells)?$/ },
  { to: '/runs', name: 'Runs', here: /^\/(runs|timelines|schedules)/ },
  { to: '/approvals', name: 'Approvals', here: /^\/approvals/ },
  { to: '/queue', name: 'Queue', here: /^\/(queue|dlq|effects)/ },
  { to: '/errors', name: 'Errors', here: /^\/errors/ },
];

export function App() {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const before = useRef(place.pathname);
  useEffect(() => {
    // A new page begins at its top, for the eye and for the keyboard; the first one is left to the browser.
    if (before.current === place.pathname) return;
    before.current = place.pathname;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place.pathname]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="bar">
        <Link to="/" className="brand" aria-label="AET, home">
          <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
            <path d="M8 24 16 7l8 17M11.5 18h9" />
            <circle cx="8" cy="24" r="2.6" />
            <circle cx="24" cy="24" r="2.6" />
            <circle cx="16" cy="7" r="2.6" />
          </svg>
          AET
        </Link>
        <nav aria-label="Pages">
          {NAV.map(({ to, name, here }) => (
            <Link key={to} to={to} aria-current={here.test(place.pathname) ? 'page' : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        <ThemeChoice />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        <Announcer />
        <Page place={place} />
      </main>
    </>
  );
}

/** A part of the address; one that is not well formed stays as it is, and leads to no page. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Pages of one part, by that part. */
const SINGLE: Record<string, (query: URLSearchParams) => ReactNode> = {
  '': () => <FleetPage />,
  cells: () => <CellsPage />,
  runs: (query) => <RunsPage query={query} />,
  schedules: () => <SchedulesPage />,
  approvals: (query) => <ApprovalsPage cursor={query.get('cursor') ?? ''} />,
  queue: () => <QueuePage />,
  dlq: (query) => <DeadLettersPage query={query} />,
  effects: () => <EffectsPage />,
  errors: () => <ErrorsPage />,
};

function Page({ place }: { place: URL }) {
  const [page = '', id, part, name] = place.pathname.split('/').slice(1).map(decoded);
  const single = id === undefined && Object.hasOwn(SINGLE, page) ? SINGLE[page] : undefined;
  if (single !== undefined) return single(place.searchParams);
  if (page === 'runs' && id !== undefined && part === 'artifacts' && name !== undefined)
    return <ArtifactPage runId={id} name={name} />;
  if (page === 'runs' && id !== undefined && part === undefined) return <RunPage key={id} runId={id} />;
  if (page === 'timelines' && id !== undefined) return <TimelinePage id={id} />;
  if (page === 'dlq' && id !== undefined && part === undefined) return <LetterPage sequence={id} />;
  return <Notice title="There is no such page">The fleet, its runs and its errors are in the bar above.</Notice>;
}

function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  return (
    <button
      type="button"
      className="quiet theme"
      onClick={() => setTheme(next)}
      aria-label={`Colours: ${theme}. Change to ${next}`}
    >
      <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
        <circle cx="8" cy="8" r="6" className="ring" />
        <path d={theme === 'auto' ? 'M8 2a6 6 0 0 1 0 12z' : theme === 'dark' ? 'M8 2a6 6 0 0 1 0 12A6 6 0 0 1 8 2z' : ''} />
      </svg>
      <span>{theme}</span>
    </button>
  );
}
